import { setTimeout as sleep } from "node:timers/promises";
import type { ObjectInfo } from "../bucket/bucket.ts";
import { abortedError } from "./abort.ts";
import { CACHE_ONLY_ETAG } from "./cache-only.ts";
import type { CacheContext } from "./context.ts";
import type { EntryRow, IndexRows, ObjectName } from "./index-rows.ts";
import { isAlive } from "./owner.ts";
import { stampAt } from "./stamp.ts";

/** What a fetch takes: `"match"` with what the bucket says now, or one of the other kinds of freshness. */
export type Wanted =
  | { readonly freshness: "any" | "new" | "only" }
  | { readonly freshness: "match"; readonly info: ObjectInfo | undefined };

/** What there is to do for an object, decided in one transaction for all processes. */
export type Step =
  /** It is there, and pinned. */
  | { readonly kind: "entry"; readonly entry: EntryRow }
  /** It is nowhere that this fetch may look. */
  | { readonly kind: "missing" }
  /** Somebody fetches it already. */
  | { readonly kind: "busy" }
  /** It is ours to fetch, and pinned. `unverified`: what is there since before the last start of the machine. */
  | { readonly kind: "claimed"; readonly unverified: EntryRow | undefined };

/** Looks an object up and, if it must be fetched, makes that this owner's work. The pin in the index is entered with it. */
export function decideStep(context: CacheContext, rows: IndexRows, name: ObjectName, wanted: Wanted): Step {
  const { owner, pins, boot, layout } = context;
  const entry = intactEntry(context, rows, name);
  const isWanted = entry !== undefined && accepts(wanted, entry);
  if (isWanted && entry.boot === boot) {
    pins.enter(rows, name);
    return { kind: "entry", entry };
  }
  if (!isWanted) {
    if (wanted.freshness === "only") return { kind: "missing" };
    if (wanted.freshness === "match" && wanted.info === undefined) {
      forget(context, rows, name);
      return { kind: "missing" };
    }
  }
  const download = rows.download(name);
  if (download !== undefined) {
    if (isAlive(layout, download.owner)) return { kind: "busy" };
    context.lapse(rows);
  }
  rows.claim(name, owner);
  pins.enter(rows, name);
  return { kind: "claimed", unverified: isWanted ? entry : undefined };
}

/** The entry, unless its file was changed, replaced or removed behind the cache's back. */
export function intactEntry(context: CacheContext, rows: IndexRows, name: ObjectName): EntryRow | undefined {
  const entry = rows.entry(name);
  if (entry === undefined) return undefined;
  return stampAt(context.layout.directory, entry.path) === entry.stamp ? entry : undefined;
}

export function accepts(wanted: Wanted, entry: EntryRow): boolean {
  if (wanted.freshness === "new") return false;
  if (wanted.freshness !== "match") return true;
  return entry.etag === (wanted.info?.etag ?? CACHE_ONLY_ETAG);
}

/** Removes the entry and makes what is being downloaded for it worthless. A file of others stays. */
export function forget(context: CacheContext, rows: IndexRows, name: ObjectName): void {
  const entry = rows.entry(name);
  rows.supersede(name);
  if (entry === undefined) return;
  rows.removeEntry(name);
  if (!entry.found) context.trash.take(entry.path, entry.stamp);
}

/** Whether this owner's claim still stands: nobody put or deleted the object, or rebuilt the index, meanwhile. */
export function stillClaimed(context: CacheContext, rows: IndexRows, name: ObjectName): boolean {
  const download = rows.download(name);
  return download?.owner === context.owner && !download.superseded;
}

const FIRST_POLL_MILLISECONDS = 2;
const LAST_POLL_MILLISECONDS = 50;
/** How often the one who downloads is asked for a sign of life. */
const LIVENESS_MILLISECONDS = 100;

/** Waits until the download ended or the process that had it died. A look at the index costs microseconds. */
export async function waitForDownload(
  context: CacheContext,
  name: ObjectName,
  signal: AbortSignal,
): Promise<void> {
  let sinceAsked = 0;
  for (let delay = FIRST_POLL_MILLISECONDS; ; delay = Math.min(2 * delay, LAST_POLL_MILLISECONDS)) {
    try {
      await sleep(delay, undefined, { signal });
    } catch {
      throw abortedError(signal);
    }
    const download = context.index.read((rows) => rows.download(name));
    if (download === undefined) return;
    sinceAsked += delay;
    if (sinceAsked < LIVENESS_MILLISECONDS) continue;
    sinceAsked = 0;
    if (!isAlive(context.layout, download.owner)) return;
  }
}
