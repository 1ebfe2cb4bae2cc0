import { lstatSync } from "node:fs";
import { type Stamp, stampOf } from "../cache/stamp.ts";
import type { Cache } from "../cache/cache.ts";
import { CACHE_ONLY_ETAG } from "../cache/cache-only.ts";
import { messageOf } from "../errors.ts";
import { concurrently } from "./concurrently.ts";
import type { StagedPut } from "./staged-changes.ts";
import { deleteObject, uploadObject, type WriteOptions } from "./upload.ts";

export interface CommitOptions extends WriteOptions {
  readonly cache: Cache;
  readonly puts: readonly StagedPut[];
  readonly deletes: readonly string[];
}

/**
 * Uploads all puts, then deletes, then enters the puts into the cache by rename. When it fails, nothing enters the
 * cache; what was uploaded by then stays in the bucket, which has no transactions: running the task again writes
 * the same keys again.
 */
export async function commitStaged(options: CommitOptions): Promise<void> {
  const { bucket, cache, puts, deletes, signal, log } = options;
  const begun: string[] = [];
  const uploaded: Uploaded[] = [];
  try {
    await concurrently(
      puts.filter((put) => !put.onlyCache),
      signal,
      async (put, either) => {
        begun.push(put.key);
        const before = stampOfFile(put.file);
        const { etag } = await uploadObject({ ...options, signal: either }, put.key, { file: put.file });
        uploaded.push({ put, etag, isUnchanged: stampOfFile(put.file) === before });
      },
    );
    await concurrently(deletes, signal, async (key, either) => {
      await deleteObject({ ...options, signal: either }, key);
      await cache.drop(bucket, key);
    });
  } catch (error) {
    // What the cache has of these keys may be older than what the bucket has now.
    await Promise.allSettled(begun.map((key) => cache.drop(bucket, key)));
    throw error;
  }
  // The outputs are durable: from here on nothing is given up half-way, and a cache that fails costs only a download.
  await concurrently(uploaded, undefined, async ({ put, etag, isUnchanged }) => {
    try {
      // A file that somebody wrote to meanwhile may differ from what was uploaded.
      if (isUnchanged) await cache.store(bucket, put.key, put.file, etag);
      else await cache.drop(bucket, put.key);
    } catch (error) {
      log.log("warn", "an output is in the bucket, but could not enter the cache", {
        bucket: bucket.url,
        key: put.key,
        error: messageOf(error),
      });
      await cache.drop(bucket, put.key).catch(() => {});
    }
  });
  const cacheOnly = puts.filter((put) => put.onlyCache);
  await concurrently(cacheOnly, undefined, (put) => cache.store(bucket, put.key, put.file, CACHE_ONLY_ETAG));
}

interface Uploaded {
  readonly put: StagedPut;
  readonly etag: string;
  readonly isUnchanged: boolean;
}

function stampOfFile(file: string): Stamp | undefined {
  const stats = lstatSync(file, { bigint: true, throwIfNoEntry: false });
  return stats && stampOf(stats);
}
