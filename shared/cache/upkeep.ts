import { createHash } from "node:crypto";
import path from "node:path";
import { refuseAborted } from "./abort.ts";
import { CACHE_ONLY_ETAG } from "./cache-only.ts";
import type { DroppedEntry, VerifyOptions } from "./cache.ts";
import type { CacheContext } from "./context.ts";
import { createDigest, digestFile } from "./digest.ts";
import type { EntryRow } from "./index-rows.ts";

/** Rows read at once. */
const PAGE = 256;

/** `Cache.verify`. Entries that change meanwhile are left. */
export async function verifyEntries(
  context: CacheContext,
  options: VerifyOptions,
): Promise<{ readonly checked: number; readonly dropped: readonly DroppedEntry[] }> {
  const { index, trash } = context;
  const { signal, onChecked, onDropped } = options;
  const dropped: DroppedEntry[] = [];
  let checked = 0;
  let last = { bucket: "", key: "" };
  for (;;) {
    const page = index.read((rows) => rows.entriesAfter(last, PAGE));
    for (const entry of page) {
      refuseAborted(signal);
      const flaw = await flawOf(context, entry, options);
      checked++;
      if (record(context, entry, flaw)) {
        const gone: DroppedEntry = { bucket: entry.bucket, key: entry.key, reason: flaw };
        dropped.push(gone);
        onDropped?.(gone);
      }
      onChecked?.(checked);
      last = entry;
    }
    await trash.empty();
    if (page.length < PAGE) return { checked, dropped };
  }
}

type Flaw = DroppedEntry["reason"] | undefined;

async function flawOf(
  context: CacheContext,
  entry: EntryRow,
  { bucket, signal }: VerifyOptions,
): Promise<Flaw> {
  const isCompared = entry.bucket === bucket?.url && entry.etag !== CACHE_ONLY_ETAG;
  const info = isCompared ? await bucket.head(entry.key, { checksum: true, signal }) : undefined;
  const sha256 = createHash("sha256");
  const announced = info?.checksum;
  const other =
    announced === undefined || announced.algorithm === "sha256"
      ? undefined
      : createDigest(announced.algorithm);
  try {
    const file = path.join(context.layout.directory, entry.path);
    await digestFile(file, other === undefined ? [sha256] : [sha256, other], signal);
  } catch {
    refuseAborted(signal);
    return "damaged";
  }
  if (sha256.digest("hex") !== entry.sha256) return "damaged";
  if (!isCompared) return undefined;
  if (info === undefined) return "deleted";
  if (info.etag !== entry.etag) return "stale";
  const own = announced?.algorithm === "sha256" ? entry.sha256 : other?.hex();
  return own === undefined || own === announced?.value ? undefined : "stale";
}

/** Returns whether the entry was dropped. */
function record(context: CacheContext, entry: EntryRow, flaw: Flaw): flaw is DroppedEntry["reason"] {
  const { index, trash, boot } = context;
  if (flaw === undefined && entry.boot === boot) return false;
  return index.transaction((rows) => {
    if (rows.entry(entry)?.stamp !== entry.stamp) return false;
    if (flaw === undefined) {
      rows.setBoot(entry, boot);
      return false;
    }
    rows.removeEntry(entry);
    if (!entry.found) trash.take(entry.path, entry.stamp);
    return true;
  });
}
