import { constants, lstatSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import type { Bucket } from "../bucket/bucket.ts";
import { isReservedKey, showKey, validateKey } from "../bucket/key.ts";
import type { Cache, FetchOptions, Pin } from "../cache/cache.ts";
import { type Stamp, stampOf } from "../cache/stamp.ts";
import { SimpleTasksError } from "../errors.ts";
import { type Logger, silentLogger } from "../logger.ts";
import { createAttemptFiles } from "./attempt-files.ts";
import { commitStaged } from "./commit.ts";
import { concurrently } from "./concurrently.ts";
import type { DatasourceGetOptions, DatasourcePutOptions, PutValue } from "./datasource.ts";
import type { StagedDatasource } from "./staged.ts";
import { type PutArguments, readPut } from "./put-arguments.ts";
import { createStagedChanges } from "./staged-changes.ts";
import { defaultRetryPolicy, type RetryPolicy } from "./upload.ts";

export interface StageOptions {
  readonly bucket: Bucket;
  readonly cache: Cache;
  /** A directory for this attempt alone, on the cache's file system; made when first needed. */
  readonly directory: string;
  /** The task's scratch directory: files put from there are moved. Default: none, every file is copied. */
  readonly scratch?: string | undefined;
  /** How gets treat what the cache has; see `FetchOptions`. Default `"match"`. */
  readonly freshness?: FetchOptions["freshness"];
  /** Objects fetched and compared for this attempt already; gets copy them without asking again. The caller releases them. */
  readonly pins?: ReadonlyMap<string, Pin> | undefined;
  /** Whether keys that belong to SimpleTasks itself are refused. Default true. */
  readonly refuseReserved?: boolean | undefined;
  /** When an upload or deletion that failed in a retryable way is tried again. */
  readonly retry?: Partial<RetryPolicy> | undefined;
  readonly log?: Logger | undefined;
}

/** The datasource of one attempt. Making it, and disposing of one that was not used, touches no disk. */
export function createStagedDatasource(options: StageOptions): StagedDatasource {
  const { bucket, cache, pins, log = silentLogger } = options;
  const files = createAttemptFiles(options.directory, options.scratch);
  const changes = createStagedChanges();
  const copies = new Map<string, Copy>();
  /** What is under way: `discard` ends it and waits for it. */
  const running = new Set<Promise<unknown>>();
  let ending: AbortController | undefined;
  let isDiscarded = false;

  function validate(key: string): void {
    validateKey(key);
    if (options.refuseReserved !== false && isReservedKey(key)) throw reserved(key);
  }

  async function track<T>(
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (isDiscarded)
      throw new SimpleTasksError("closed", "the datasource of an attempt that has ended was used");
    ending ??= new AbortController();
    const promise = work(signal === undefined ? ending.signal : AbortSignal.any([signal, ending.signal]));
    running.add(promise);
    try {
      return await promise;
    } finally {
      running.delete(promise);
    }
  }

  async function getOne(
    key: string,
    wanted: DatasourceGetOptions,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const change = changes.get(key);
    if (change?.kind === "delete") throw deletedByAttempt(bucket, key);
    const known = copies.get(key);
    // The attempt's own put wins over a wish for the bucket's object.
    const mayReuse = change !== undefined || wanted.overrideCache !== true;
    if (mayReuse && known !== undefined && known.sequence === change?.sequence && isUnchanged(known))
      return known.file;
    const file = await files.forCopy(key);
    if (change === undefined) await copyEntry(key, file, wanted, signal);
    else await copyFile(change.file, file, constants.COPYFILE_FICLONE);
    copies.set(key, { file, sequence: change?.sequence, stamp: stampOfFile(file) });
    return file;
  }

  async function copyEntry(
    key: string,
    file: string,
    { onlyCache = false, overrideCache = false }: DatasourceGetOptions,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const fetched = overrideCache ? undefined : pins?.get(key);
    if (fetched !== undefined) return fetched.copyTo(file);
    const usual = overrideCache ? "new" : options.freshness;
    using pin = await cache.fetch(bucket, key, { freshness: onlyCache ? "only" : usual, signal });
    await pin.copyTo(file);
  }

  async function putOne(
    key: string,
    value: PutValue,
    onlyCache: boolean,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const sequence = changes.next();
    changes.put(key, sequence, await files.write(value, signal), onlyCache);
  }

  function get(key: string, wanted?: DatasourceGetOptions): Promise<string>;
  function get(keys: readonly string[], wanted?: DatasourceGetOptions): Promise<string[]>;
  async function get(
    keys: string | readonly string[],
    wanted: DatasourceGetOptions = {},
  ): Promise<string | string[]> {
    const list = typeof keys === "string" ? [keys] : keys;
    for (const key of list) validate(key);
    const found = await track(wanted.signal, (signal) =>
      concurrently(list, signal, (key, either) => getOne(key, wanted, either)),
    );
    return typeof keys === "string" ? (found[0] ?? "") : found;
  }

  function put(key: string, value: PutValue, how?: DatasourcePutOptions): Promise<void>;
  function put(values: Readonly<Record<string, PutValue>>, how?: DatasourcePutOptions): Promise<void>;
  async function put(...given: PutArguments): Promise<void> {
    const { entries, onlyCache = false, signal } = readPut(given);
    for (const [key] of entries) validate(key);
    await track(signal, (either) =>
      concurrently(entries, either, ([key, value], any) => putOne(key, value, onlyCache, any)),
    );
  }

  async function discard(): Promise<void> {
    isDiscarded = true;
    ending?.abort(new SimpleTasksError("aborted", "the attempt has ended"));
    if (running.size > 0) await Promise.allSettled(running);
    changes.clear();
    copies.clear();
    await files.remove();
  }

  return {
    get,
    put,
    async delete(keys) {
      if (isDiscarded)
        throw new SimpleTasksError("closed", "the datasource of an attempt that has ended was used");
      const list = typeof keys === "string" ? [keys] : keys;
      for (const key of list) validate(key);
      for (const key of list) changes.delete(key, changes.next());
    },
    newStagingPath: () => track(undefined, () => files.forStaging()),
    stageFile(key, path, { onlyCache = false } = {}) {
      validate(key);
      changes.put(key, changes.next(), path, onlyCache);
    },
    get stagedKeys() {
      return changes.puts().map(({ key }) => key);
    },
    async commit({ mayUpload, signal }) {
      if (running.size > 0) await Promise.allSettled(running);
      if (changes.isEmpty) return;
      const retry = { ...defaultRetryPolicy, ...options.retry };
      await track(signal, (either) => {
        const writes = { bucket, cache, mayUpload, retry, log, signal: either };
        return commitStaged({ ...writes, puts: changes.puts(), deletes: changes.deletes() });
      });
      changes.clear();
    },
    discard,
    [Symbol.asyncDispose]: discard,
  };
}

/** A private copy of an object, or of the staged put of that number. */
interface Copy {
  readonly file: string;
  readonly sequence: number | undefined;
  readonly stamp: Stamp | undefined;
}

/** A copy that the task has written to or taken away is no copy of the object any more. */
function isUnchanged({ file, stamp }: Copy): boolean {
  return stamp !== undefined && stampOfFile(file) === stamp;
}

function stampOfFile(file: string): Stamp | undefined {
  const stats = lstatSync(file, { bigint: true, throwIfNoEntry: false });
  return stats && stampOf(stats);
}

function reserved(key: string): SimpleTasksError {
  return new SimpleTasksError(
    "key_invalid",
    `${showKey(key)} belongs to SimpleTasks itself; tasks may not use it`,
    {
      hint: "choose a key that does not begin with _simpletasks/",
      about: { key },
    },
  );
}

function deletedByAttempt(bucket: Bucket, key: string): SimpleTasksError {
  return new SimpleTasksError("object_missing", `${showKey(key)} was deleted by this attempt`, {
    about: { bucket: bucket.url, key },
  });
}
