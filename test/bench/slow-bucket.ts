import { setTimeout as pause } from "node:timers/promises";
import type { Bucket } from "../../shared/bucket/bucket.ts";

/** A bucket behind a network: every request waits, as many at a time as are made. */
export interface SlowBucket extends Bucket {
  /** How many requests were made. */
  readonly requests: number;
}

export function createSlowBucket(bucket: Bucket, milliseconds: number): SlowBucket {
  let requests = 0;
  async function request<Result>(
    signal: AbortSignal | undefined,
    work: () => Promise<Result>,
  ): Promise<Result> {
    requests += 1;
    await pause(milliseconds, undefined, { signal });
    return work();
  }
  return {
    url: bucket.url,
    local: false,
    get requests() {
      return requests;
    },
    head: (key, options) => request(options?.signal, () => bucket.head(key, options)),
    get: (key, options) => request(options?.signal, () => bucket.get(key, options)),
    put: (key, source, options) => request(options?.signal, () => bucket.put(key, source, options)),
    delete: (key, options) => request(options?.signal, () => bucket.delete(key, options)),
    list: (options) => request(options?.signal, () => bucket.list(options)),
    [Symbol.asyncDispose]: () => bucket[Symbol.asyncDispose](),
  };
}
