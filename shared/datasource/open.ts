import path from "node:path";
import type { Bucket } from "../bucket/bucket.ts";
import { refuseAborted } from "../cache/abort.ts";
import type { Cache, FetchOptions, Pin } from "../cache/cache.ts";
import { SimpleTasksError } from "../errors.ts";
import { type Logger, silentLogger } from "../logger.ts";
import { concurrently } from "./concurrently.ts";
import type { Datasource, DatasourceGetOptions, DatasourcePutOptions, PutValue } from "./datasource.ts";
import { type PutArguments, readPut } from "./put-arguments.ts";
import { createStagedDatasource, type StageOptions } from "./stage.ts";
import type { StagedDatasource } from "./staged.ts";
import type { RetryPolicy } from "./upload.ts";

export interface DatasourceOptions {
  readonly bucket: Bucket;
  readonly cache: Cache;
  /** How gets treat what the cache has; see `FetchOptions`. Default `"match"`. */
  readonly freshness?: "match" | "any" | undefined;
  /** When an upload or deletion that failed in a retryable way is tried again. */
  readonly retry?: Partial<RetryPolicy> | undefined;
  readonly log?: Logger | undefined;
}

/**
 * A bucket read and written through a cache, for code that runs on its own account: puts and deletes take effect at
 * once. `get` gives the paths of the cache's own files: read them, never write to them. They stay where they are until
 * the datasource is disposed of; code that reads more than the disk holds uses `fetch` and releases what it has read.
 * Disposing of it closes neither bucket nor cache.
 */
export interface OpenDatasource extends Datasource, AsyncDisposable {
  readonly bucket: Bucket;
  readonly cache: Cache;
  fetch(key: string, options?: FetchOptions): Promise<Pin>;
  /** The datasource of one attempt, in a directory of its own under the cache's `workDirectory`. */
  stage(options?: Pick<StageOptions, "scratch" | "pins" | "freshness">): StagedDatasource;
}

export function openDatasource(options: DatasourceOptions): OpenDatasource {
  const { bucket, cache, freshness = "match", log = silentLogger } = options;
  const pins = new Map<string, Pin>();
  const common = { bucket, cache, freshness, log, retry: options.retry };
  let attempts = 0;
  let isClosed = false;

  function nextStage(): StageOptions {
    return { ...common, directory: `${cache.workDirectory}${path.sep}attempt-${attempts++}` };
  }

  /** Stages changes and commits them at once. */
  async function change(
    signal: AbortSignal | undefined,
    work: (staged: StagedDatasource) => Promise<void>,
  ): Promise<void> {
    refuseClosed();
    refuseAborted(signal);
    await using staged = createStagedDatasource({ ...nextStage(), refuseReserved: false });
    await work(staged);
    await staged.commit({ mayUpload: () => true, signal: signal ?? new AbortController().signal });
  }

  function refuseClosed(): void {
    if (isClosed) throw new SimpleTasksError("closed", "the datasource is closed");
  }

  async function getOne(
    key: string,
    wanted: DatasourceGetOptions,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const usual = wanted.overrideCache === true ? "new" : freshness;
    const pin = await cache.fetch(bucket, key, {
      freshness: wanted.onlyCache === true ? "only" : usual,
      signal,
    });
    // One pin per key is enough; the newest one has the path.
    pins.get(key)?.release();
    pins.set(key, pin);
    if (isClosed) releaseAll();
    return pin.path;
  }

  function releaseAll(): void {
    for (const pin of pins.values()) pin.release();
    pins.clear();
  }

  function get(key: string, wanted?: DatasourceGetOptions): Promise<string>;
  function get(keys: readonly string[], wanted?: DatasourceGetOptions): Promise<string[]>;
  async function get(
    keys: string | readonly string[],
    wanted: DatasourceGetOptions = {},
  ): Promise<string | string[]> {
    refuseClosed();
    const list = typeof keys === "string" ? [keys] : keys;
    const found = await concurrently(list, wanted.signal, (key, signal) => getOne(key, wanted, signal));
    return typeof keys === "string" ? (found[0] ?? "") : found;
  }

  function put(key: string, value: PutValue, how?: DatasourcePutOptions): Promise<void>;
  function put(values: Readonly<Record<string, PutValue>>, how?: DatasourcePutOptions): Promise<void>;
  async function put(...given: PutArguments): Promise<void> {
    const { entries, signal, onlyCache } = readPut(given);
    await change(signal, (staged) => staged.put(Object.fromEntries(entries), { signal, onlyCache }));
  }

  return {
    bucket,
    cache,
    get,
    put,
    delete: (keys, { signal } = {}) => change(signal, (staged) => staged.delete(keys)),
    fetch: (key, how = {}) => cache.fetch(bucket, key, { ...how, freshness: how.freshness ?? freshness }),
    stage: (how = {}) =>
      createStagedDatasource({ ...nextStage(), ...how, freshness: how.freshness ?? freshness }),
    async [Symbol.asyncDispose]() {
      isClosed = true;
      releaseAll();
    },
  };
}
