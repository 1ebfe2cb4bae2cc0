import type { BigIntStats } from "node:fs";
import type { ObjectInfo } from "../bucket.ts";

/**
 * Tells one content of a file from every other that the same key had or will have: a put makes a new inode, a person
 * who writes into the file changes its times, and the change time cannot be set back.
 *
 * A kernel's file times may advance only every few milliseconds, and an inode number may be used again at once; so a put
 * sets its modification time itself, to the microsecond ({@link modificationClock}).
 */
export function etagOf(stats: BigIntStats): string {
  return [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs]
    .map((number) => number.toString(36))
    .join("-");
}

export function infoOf(key: string, stats: BigIntStats): ObjectInfo {
  return {
    key,
    bytes: Number(stats.size),
    etag: etagOf(stats),
    modifiedAt: Number(stats.mtimeNs / 1_000_000n),
  };
}

/**
 * Whether what was read between two looks at an open file is one content. Times must not have moved, with one exception:
 * a put that must only create links its file and then removes the temporary name, which touches the change time alone.
 */
export function unchanged(before: BigIntStats, after: BigIntStats): boolean {
  if (after.nlink === 0n) return false;
  if (before.size !== after.size || before.mtimeNs !== after.mtimeNs) return false;
  return before.ctimeNs === after.ctimeNs || before.nlink > after.nlink;
}

/** Seconds since 1970, each later than the one before by at least a microsecond. */
export function modificationClock(
  now: () => number = () => performance.timeOrigin + performance.now(),
): () => number {
  let last = 0;
  return () => {
    last = Math.max(last + 1, Math.floor(now() * 1000));
    return last / 1_000_000;
  };
}
