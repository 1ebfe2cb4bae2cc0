import { setTimeout } from "node:timers/promises";
import type { Bucket, ObjectInfo, ObjectSource } from "../bucket/bucket.ts";
import { showKey } from "../bucket/key.ts";
import { abortedError, refuseAborted } from "../cache/abort.ts";
import { SimpleTasksError } from "../errors.ts";
import type { Logger } from "../logger.ts";

/** When something that failed in a retryable way is tried again. */
export interface RetryPolicy {
  /** Tries in all, 1 or more. Default 6. */
  readonly tries: number;
  /** Milliseconds before the second try, doubled for each that follows. Default 200. */
  readonly firstDelay: number;
  /** Longest delay in milliseconds. Default 10,000. */
  readonly longestDelay: number;
  /** 0 up to 1; each delay is drawn between half of it and all of it, so that many who failed together part. */
  random(): number;
  /** Resolves after so many milliseconds; rejects when the signal fires. */
  sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void>;
}

export const defaultRetryPolicy: RetryPolicy = {
  tries: 6,
  firstDelay: 200,
  longestDelay: 10_000,
  random: Math.random,
  sleep: (milliseconds, signal) => setTimeout(milliseconds, undefined, signal && { signal }),
};

export interface WriteOptions {
  readonly bucket: Bucket;
  /** Asked before each try. */
  readonly mayUpload: () => boolean;
  readonly retry: RetryPolicy;
  readonly log: Logger;
  readonly signal: AbortSignal | undefined;
}

/** Puts one object, again where the failure may pass. @throws `lease_lost`, `aborted`, what the bucket threw last */
export function uploadObject(options: WriteOptions, key: string, source: ObjectSource): Promise<ObjectInfo> {
  const { bucket, signal } = options;
  return persistently(options, `the upload of ${showKey(key)}`, () => bucket.put(key, source, { signal }));
}

/** Deletes one object, likewise. */
export function deleteObject(options: WriteOptions, key: string): Promise<void> {
  const { bucket, signal } = options;
  return persistently(options, `the deletion of ${showKey(key)}`, () => bucket.delete(key, { signal }));
}

async function persistently<T>(options: WriteOptions, what: string, attempt: () => Promise<T>): Promise<T> {
  const { bucket, mayUpload, retry, log, signal } = options;
  for (let tries = 1; ; tries++) {
    refuseAborted(signal);
    if (!mayUpload()) {
      throw new SimpleTasksError(
        "lease_lost",
        `${what} to ${bucket.url} was not begun: the lease no longer holds`,
      );
    }
    try {
      return await attempt();
    } catch (error) {
      refuseAborted(signal);
      const mayPass = error instanceof SimpleTasksError && error.retryable;
      if (!mayPass || tries >= retry.tries) throw error;
      const delay =
        Math.min(retry.firstDelay * 2 ** (tries - 1), retry.longestDelay) * (0.5 + retry.random() / 2);
      log.log("warn", `${what} failed and is tried again`, {
        bucket: bucket.url,
        error: error.message,
        tries,
        delay_ms: Math.round(delay),
      });
      try {
        await retry.sleep(delay, signal);
      } catch (interrupted) {
        throw signal?.aborted === true ? abortedError(signal) : interrupted;
      }
    }
  }
}
