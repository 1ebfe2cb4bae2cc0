import type { Bucket } from "../../../shared/bucket/bucket.ts";
import { messageOf } from "../../../shared/errors.ts";
import type { Call } from "../call.ts";
import { escapeForTerminal } from "../escape.ts";
import { openMadeCache } from "./open.ts";

/**
 * Drops what this machine's cache has of objects that a command replaced or removed, so that tasks which have them fetched
 * ahead fetch them again. A cache that cannot be used is told and costs no more: daemons compare ETags when they fetch.
 */
export async function forgetInCache(
  call: Call,
  bucket: Bucket,
  keys: readonly string[],
  shared: boolean,
): Promise<void> {
  try {
    await using cache = await openMadeCache(call, shared);
    if (cache === undefined) return;
    for (const key of keys) await cache.drop(bucket, key);
  } catch (error) {
    call.terminal.tell(escapeForTerminal(`this machine's cache was not told: ${messageOf(error)}`));
  }
}
