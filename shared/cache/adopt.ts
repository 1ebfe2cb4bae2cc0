import { createHash } from "node:crypto";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Bucket } from "../bucket/bucket.ts";
import { untilAborted } from "./abort.ts";
import { stillClaimed } from "./claim.ts";
import type { CacheContext } from "./context.ts";
import { createDigest, digestFile } from "./digest.ts";
import type { EntryRow, IndexRows, ObjectName } from "./index-rows.ts";
import { freeMirror } from "./publish.ts";
import { inspect, sameFile, stampAt, TICK_MILLISECONDS } from "./stamp.ts";

/**
 * Takes a file that we did not write (SimpleTasks.jl's, a person's) as the entry of the object whose key it mirrors, if
 * its length and checksum are those of the bucket's object. Undefined when there is no such file or it is another one,
 * or when the engine tells no checksum that can be computed here.
 */
export async function adoptFoundFile(
  context: CacheContext,
  bucket: Bucket,
  name: ObjectName,
  signal: AbortSignal,
): Promise<EntryRow | undefined> {
  const { layout, index } = context;
  const candidate = index.transaction((rows) => foundFile(context, rows, name));
  if (candidate === undefined) return undefined;
  const info = await untilAborted(bucket.head(name.key, { checksum: true, signal }), signal);
  if (info?.checksum === undefined || BigInt(info.bytes) !== candidate.bytes) return undefined;
  const { algorithm, value } = info.checksum;
  const announced = createDigest(algorithm);
  if (announced === undefined) return undefined;
  const sha256 = createHash("sha256");
  if (Date.now() - candidate.modifiedAt < TICK_MILLISECONDS) await sleep(TICK_MILLISECONDS);
  try {
    await digestFile(path.join(layout.directory, candidate.path), [announced, sha256], signal);
  } catch {
    signal.throwIfAborted();
    return undefined; // not readable for us, or gone
  }
  if (announced.hex() !== value) return undefined;
  return index.transaction((rows) => {
    if (!stillClaimed(context, rows, name)) return undefined;
    if (stampAt(layout.directory, candidate.path) !== candidate.stamp) return undefined;
    if (freeMirror(context, rows, name)?.path !== candidate.path) return undefined;
    const previous = rows.entry(name);
    if (previous?.found === false) context.trash.take(previous.path, previous.stamp);
    const { path: file, folded, stamp } = candidate;
    const { etag, bytes } = info;
    const verified = { sha256: sha256.digest("hex"), boot: context.boot };
    const entry = { ...name, path: file, folded, found: true, etag, bytes, stamp, ...verified };
    rows.writeEntry(entry);
    rows.unclaim(name, context.owner);
    return entry;
  });
}

interface Candidate {
  readonly path: string;
  readonly folded: string | undefined;
  readonly stamp: string;
  readonly bytes: bigint;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
}

function foundFile(context: CacheContext, rows: IndexRows, name: ObjectName): Candidate | undefined {
  const mirror = freeMirror(context, rows, name);
  if (mirror === undefined) return undefined;
  const there = inspect(context.layout.directory, mirror.path);
  if (there.kind !== "file") return undefined;
  const own = rows.entry(name);
  // Our own file, changed by somebody: not to be trusted, and replaced.
  if (own?.found === false && own.path === mirror.path && sameFile(own.stamp, there.stamp)) return undefined;
  return { ...mirror, stamp: there.stamp, bytes: there.stats.size, modifiedAt: Number(there.stats.mtimeMs) };
}
