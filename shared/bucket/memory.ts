import { createHash, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { asSimpleTasksError } from "../errors.ts";
import type { Bucket, ObjectInfo, ObjectSource } from "./bucket.ts";
import { compareKeys, validateKey } from "./key.ts";
import { spanOf } from "./range.ts";
import {
  objectChanged,
  objectExists,
  objectMissing,
  pageLength,
  refuseAborted,
  refuseClosed,
} from "./refusals.ts";
import { chunksOfSource } from "./stream-source.ts";

export interface MemoryBucketOptions {
  /** Shown in the URL, `memory:NAME`. Every bucket is one of its own, whatever its name. */
  readonly name?: string;
}

/** A bucket in the memory of this process: for tests, and as the reference of the contract. Objects go when it is closed. */
export function createMemoryBucket(options: MemoryBucketOptions = {}): Bucket {
  const url = `memory:${options.name ?? ""}`;
  const objects = new Map<string, { readonly info: ObjectInfo; readonly content: Uint8Array }>();
  // A cache outlives this process: ETags of two memory buckets must not meet by chance.
  const identity = randomUUID();
  let generation = 0;
  let closed = false;

  function begin(key: string | undefined, signal: AbortSignal | undefined): void {
    refuseClosed(url, closed);
    refuseAborted(signal);
    if (key !== undefined) validateKey(key);
  }

  return {
    url,
    local: true,

    async head(key, { checksum = false, signal } = {}) {
      begin(key, signal);
      const object = objects.get(key);
      if (object === undefined || !checksum) return object?.info;
      const value = createHash("sha256").update(object.content).digest("hex");
      return { ...object.info, checksum: { algorithm: "sha256", value } };
    },

    async get(key, { range, ifMatch, signal } = {}) {
      begin(key, signal);
      const object = objects.get(key);
      if (object === undefined) throw objectMissing(url, key);
      if (ifMatch !== undefined && ifMatch !== object.info.etag) throw objectChanged(url, key);
      const span = spanOf(range, object.info.bytes, key);
      const content = object.content.subarray(span.start, span.start + span.length);
      const stillThere = (): boolean => objects.get(key) === object;
      return {
        info: object.info,
        body: chunksOf(content, stillThere, () => objectChanged(url, key), signal),
      };
    },

    async put(key, source, { onlyIfAbsent = false, signal } = {}) {
      begin(key, signal);
      const content = await contentOf(source, signal);
      begin(key, signal);
      if (onlyIfAbsent && objects.has(key)) throw objectExists(url, key);
      const etag = `${identity}-${++generation}`;
      const info: ObjectInfo = { key, bytes: content.byteLength, etag, modifiedAt: Date.now() };
      objects.set(key, { info, content });
      return info;
    },

    async delete(key, { signal } = {}) {
      begin(key, signal);
      objects.delete(key);
    },

    async list({ prefix = "", max, after, signal } = {}) {
      begin(undefined, signal);
      const length = pageLength(max);
      const keys = [...objects.keys()]
        .filter((key) => key.startsWith(prefix) && (after === undefined || compareKeys(key, after) > 0))
        .sort(compareKeys);
      const page = keys.slice(0, length);
      const found = page.flatMap((key) => objects.get(key)?.info ?? []);
      const last = page.at(-1);
      return keys.length > page.length && last !== undefined
        ? { objects: found, next: last }
        : { objects: found };
    },

    async [Symbol.asyncDispose]() {
      closed = true;
      objects.clear();
    },
  };
}

/** The bytes of a source, as a copy: what the caller does to its buffer afterwards changes no object. */
async function contentOf(source: ObjectSource, signal: AbortSignal | undefined): Promise<Uint8Array> {
  if (typeof source === "string") return new TextEncoder().encode(source);
  if (source instanceof Uint8Array) return new Uint8Array(source);
  if ("file" in source) {
    try {
      return await readFile(source.file);
    } catch (error) {
      throw asSimpleTasksError(error, "io", `The file ${source.file} cannot be read.`);
    }
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of chunksOfSource(source.stream, signal)) chunks.push(new Uint8Array(chunk));
  return Buffer.concat(chunks);
}

const CHUNK_BYTES = 256 * 1024;

/** Copies, so that a reader who writes to what it got changes no object. */
async function* chunksOf(
  content: Uint8Array,
  stillThere: () => boolean,
  changed: () => Error,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < content.byteLength; start += CHUNK_BYTES) {
    refuseAborted(signal);
    if (!stillThere()) throw changed();
    yield new Uint8Array(content.subarray(start, start + CHUNK_BYTES));
  }
}
