import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import type { Bucket, ObjectInfo, ObjectStream } from "../../../shared/bucket/bucket.ts";
import { createMemoryBucket } from "../../../shared/bucket/memory.ts";
import type { Cache, FetchOptions } from "../../../shared/cache/cache.ts";
import { type CacheOptions, openCache } from "../../../shared/cache/open.ts";
import type { Logger } from "../../../shared/logger.ts";

/** A directory for one test, gone afterwards. */
export function temporaryDirectory(): string {
  const directory = realpathSync(mkdtempSync(path.join(os.tmpdir(), "simpletasks-cache-")));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A cache for one test, closed afterwards; in a directory of its own unless one is given. */
export async function testCache(options: Partial<CacheOptions> = {}): Promise<Cache> {
  const cache = await openCache({ directory: path.join(temporaryDirectory(), "cache"), ...options });
  onTestFinished(() => cache[Symbol.asyncDispose]());
  return cache;
}

/** A bucket that counts what is asked of it, and that a test can make misbehave. */
export interface ObservedBucket extends Bucket {
  readonly gets: string[];
  readonly heads: string[];
  readonly puts: string[];
  /** Replaces what a get streams. */
  onGet:
    | ((stream: ObjectStream, signal: AbortSignal | undefined) => ObjectStream | Promise<ObjectStream>)
    | undefined;
  /** Runs before a put or delete reaches the bucket. */
  onWrite: ((key: string, signal: AbortSignal | undefined) => void | Promise<void>) | undefined;
}

export function observed(bucket: Bucket): ObservedBucket {
  const self: ObservedBucket = {
    url: bucket.url,
    local: bucket.local,
    gets: [],
    heads: [],
    puts: [],
    onGet: undefined,
    onWrite: undefined,
    head(key, options) {
      self.heads.push(key);
      return bucket.head(key, options);
    },
    async get(key, options) {
      self.gets.push(key);
      const stream = await bucket.get(key, options);
      return self.onGet === undefined ? stream : self.onGet(stream, options?.signal);
    },
    async put(key, source, options): Promise<ObjectInfo> {
      self.puts.push(key);
      await self.onWrite?.(key, options?.signal);
      return bucket.put(key, source, options);
    },
    async delete(key, options) {
      await self.onWrite?.(key, options?.signal);
      return bucket.delete(key, options);
    },
    list: (options) => bucket.list(options),
    [Symbol.asyncDispose]: () => bucket[Symbol.asyncDispose](),
  };
  return self;
}

/** An observed memory bucket that holds these objects. */
export async function memoryBucket(
  objects: Readonly<Record<string, string>> = {},
  name = "",
): Promise<ObservedBucket> {
  const bucket = createMemoryBucket({ name });
  for (const [key, value] of Object.entries(objects)) await bucket.put(key, value);
  return observed(bucket);
}

/** What a fetch reads, its pin released. */
export async function read(
  cache: Cache,
  bucket: Bucket,
  key: string,
  options?: FetchOptions,
): Promise<string> {
  using pin = await cache.fetch(bucket, key, options);
  return readFileSync(pin.path, "utf8");
}

/** Fetches and lets go, so that the object becomes the one used last. */
export async function touch(cache: Cache, bucket: Bucket, key: string): Promise<void> {
  using _pin = await cache.fetch(bucket, key);
}

/** The files under a directory, relative to it, without the cache's own. */
export function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => !name.startsWith(".simpletasks") && statSync(path.join(directory, name)).isFile())
    .sort();
}

/** Everything under the cache's own folder that is not its index or a lock. */
export function privateFiles(directory: string): string[] {
  const own = path.join(directory, ".simpletasks");
  return readdirSync(own, { recursive: true, encoding: "utf8" })
    .filter((name) => !name.startsWith("index.db") && !name.endsWith(".lock"))
    .filter((name) => statSync(path.join(own, name)).isFile())
    .sort();
}

export interface RecordingLogger extends Logger {
  readonly lines: { readonly level: string; readonly message: string }[];
}

export function recordingLogger(): RecordingLogger {
  const lines: { level: string; message: string }[] = [];
  return { lines, log: (level, message) => void lines.push({ level, message }) };
}

/** A door that starts closed. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}
