import { lstat } from "node:fs/promises";
import type { Bucket } from "../bucket/bucket.ts";
import { validateKey } from "../bucket/key.ts";
import { SimpleTasksError } from "../errors.ts";
import { type Logger, silentLogger } from "../logger.ts";
import { refuseAborted } from "./abort.ts";
import { bootId } from "./boot.ts";
import type { Cache, CacheStatus, Pin } from "./cache.ts";
import { forget } from "./claim.ts";
import type { CacheContext } from "./context.ts";
import { sha256OfFile } from "./digest.ts";
import { createFlights } from "./flights.ts";
import { prepareLayout } from "./layout.ts";
import type { Freshness, Obtained } from "./obtain.ts";
import { openOwnership } from "./ownership.ts";
import { createPin } from "./pin.ts";
import { publish } from "./publish.ts";
import { createRoom } from "./room.ts";
import { createTrash } from "./trash.ts";
import { clearEntries } from "./clear.ts";
import { verifyEntries } from "./upkeep.ts";

export interface CacheOptions {
  /** Made when it is not there, for the user alone (mode 0700). */
  readonly directory: string;
  /** Most bytes that entries take, over all processes. Default: 80 % of what is free and what is cached together. */
  readonly limitBytes?: number | undefined;
  /** Lets other users share the directory; otherwise one that they may enter is refused. Default false. */
  readonly shared?: boolean | undefined;
  readonly log?: Logger | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What the cache asks the machine; tests answer otherwise. */
  readonly machine?: { bootId?(): string; freeBytes?(directory: string): number } | undefined;
}

/**
 * Opens the cache in a directory; any number of processes may, with different limits and buckets.
 * @throws `cache_refused` when the directory is not safe to use; `config_invalid` for an impossible limit; `io`.
 */
export async function openCache(options: CacheOptions): Promise<Cache> {
  refuseAborted(options.signal);
  const { limitBytes } = options;
  if (limitBytes !== undefined && !(limitBytes >= 0)) {
    throw new SimpleTasksError(
      "config_invalid",
      `the cache's limit is ${limitBytes} bytes; 0 or more are possible`,
    );
  }
  const log = options.log ?? silentLogger;
  const layout = prepareLayout(options.directory, options.shared ?? false);
  const ownership = openOwnership(layout, log);
  const { owner, index, pins, folders } = ownership;
  const trash = createTrash(layout.directory, folders.partial);
  const { lapse } = ownership;
  const freeBytes = options.machine?.freeBytes;
  const room = createRoom({
    directory: layout.directory,
    limitBytes,
    index,
    trash,
    lapse,
    ...(freeBytes && { freeBytes }),
  });
  const boot = (options.machine?.bootId ?? bootId)();
  const counters = { hits: 0, downloads: 0 };
  const context: CacheContext = { layout, index, owner, pins, room, trash, lapse, boot, log, counters };
  const flights = createFlights(context);
  let closing: Promise<void> | undefined;
  await ownership.removeLeftovers();

  function refuseClosed(): void {
    if (closing !== undefined) throw new SimpleTasksError("closed", "the cache is closed");
  }

  async function obtained(
    bucket: Bucket,
    key: string,
    freshness: Freshness,
    signal?: AbortSignal,
  ): Promise<Obtained> {
    refuseClosed();
    validateKey(key);
    const result = await flights.join(bucket, key, freshness, signal);
    if (result.way === "hit") counters.hits++;
    return result;
  }

  async function fetch(
    bucket: Bucket,
    key: string,
    {
      freshness = "match",
      signal,
    }: { freshness?: Freshness | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<Pin> {
    const result = await obtained(bucket, key, freshness, signal);
    return createPin(context, bucket, result, async () => {
      await obtained(bucket, key, freshness === "only" ? "only" : "match");
      pins.release({ bucket: bucket.url, key });
    });
  }

  async function store(bucket: Bucket, key: string, file: string, etag: string): Promise<void> {
    refuseClosed();
    validateKey(key);
    const name = { bucket: bucket.url, key };
    const { size: bytes } = await lstat(file);
    const sha256 = await sha256OfFile(file);
    refuseClosed();
    pins.flush();
    index.transaction((rows) => {
      rows.supersede(name);
      publish(context, rows, { ...name, file, etag, bytes, sha256 });
      room.make(rows, 0);
    });
    await trash.empty();
  }

  async function close(): Promise<void> {
    await flights.close(new SimpleTasksError("closed", "the cache is closed"));
    await trash.empty();
    await ownership.close();
  }

  return {
    directory: layout.directory,
    workDirectory: folders.work,
    fetch,
    store,
    hasRoomFor(bytes) {
      refuseClosed();
      pins.flush();
      return room.hasRoomFor(bytes);
    },
    async drop(bucket, key) {
      refuseClosed();
      validateKey(key);
      index.transaction((rows) => forget(context, rows, { bucket: bucket.url, key }));
      await trash.empty();
    },
    async status(): Promise<CacheStatus> {
      refuseClosed();
      pins.flush();
      const { total, pinned, processes } = index.transaction((rows) => {
        lapse(rows);
        return { total: rows.totals(), pinned: rows.pinnedTotals(), processes: rows.processes() };
      });
      return {
        directory: layout.directory,
        entries: total.entries,
        bytes: total.bytes,
        pinnedEntries: pinned.entries,
        pinnedBytes: pinned.bytes,
        limitBytes: room.limitBytes(),
        ...counters,
        evictions: room.evictions,
        processes,
      };
    },
    async verify(how = {}) {
      refuseClosed();
      return verifyEntries(context, how);
    },
    async clear(how = {}) {
      refuseClosed();
      pins.flush();
      return clearEntries(context, how);
    },
    [Symbol.asyncDispose]: () => (closing ??= close()),
  };
}
