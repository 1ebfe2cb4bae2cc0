import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import type { ObjectStream } from "../../../shared/bucket/bucket.ts";
import {
  filesIn,
  gate,
  memoryBucket,
  privateFiles,
  read,
  temporaryDirectory,
  testCache,
} from "./fixtures.ts";

test("an object is downloaded once, lies where its key says, and is a hit afterwards", async () => {
  const bucket = await memoryBucket({ "set/0_input/4.dat": "four" });
  const cache = await testCache();
  using first = await cache.fetch(bucket, "set/0_input/4.dat");
  using second = await cache.fetch(bucket, "set/0_input/4.dat");
  expect([first.hit, second.hit]).toEqual([false, true]);
  expect(first.path).toBe(path.join(cache.directory, "set/0_input/4.dat"));
  expect(readFileSync(first.path, "utf8")).toBe("four");
  expect(first).toMatchObject({
    key: "set/0_input/4.dat",
    bytes: 4,
    etag: (await bucket.head(first.key))?.etag,
  });
  expect(bucket.gets).toHaveLength(1);
  expect(await cache.status()).toMatchObject({
    entries: 1,
    bytes: 4,
    pinnedEntries: 1,
    hits: 1,
    downloads: 1,
  });
});

test("an object of no bytes is an object", async () => {
  const bucket = await memoryBucket({ empty: "" });
  const cache = await testCache();
  expect(await read(cache, bucket, "empty")).toBe("");
  using pin = await cache.fetch(bucket, "empty");
  expect(pin).toMatchObject({ hit: true, bytes: 0 });
  const copy = path.join(temporaryDirectory(), "copy");
  await pin.copyTo(copy);
  expect(readFileSync(copy)).toHaveLength(0);
});

test("callers that ask at the same time share one look and one download", async () => {
  const bucket = await memoryBucket({ k: "value" });
  const cache = await testCache();
  const pins = await Promise.all(Array.from({ length: 20 }, () => cache.fetch(bucket, "k")));
  expect(bucket.gets).toHaveLength(1);
  expect(bucket.heads).toHaveLength(1);
  for (const pin of pins.slice(1)) pin.release();
  expect(await cache.status()).toMatchObject({ pinnedEntries: 1 });
  pins[0]?.release();
  pins[0]?.release();
  expect(await cache.status()).toMatchObject({ pinnedEntries: 0 });
});

test("a caller that gives up leaves alone; the download goes on for the others", async () => {
  const bucket = await memoryBucket({ k: "value" });
  const cache = await testCache();
  const [begun, door] = [gate(), gate()];
  bucket.onGet = async (stream) => {
    begun.open();
    await door.opened;
    return stream;
  };
  const controller = new AbortController();
  const leaving = cache.fetch(bucket, "k", { signal: controller.signal });
  const staying = cache.fetch(bucket, "k");
  await begun.opened;
  controller.abort();
  await expect(leaving).rejects.toMatchObject({ code: "aborted" });
  door.open();
  using pin = await staying;
  expect(readFileSync(pin.path, "utf8")).toBe("value");
  expect(bucket.gets).toHaveLength(1);
});

test("a download that nobody wants any more ends, leaves no file, and can be asked for again", async () => {
  const bucket = await memoryBucket({ k: "value" });
  const cache = await testCache();
  const half = gate();
  bucket.onGet = ({ info }) => ({
    info,
    body: (async function* () {
      yield Buffer.from("va");
      half.open();
      await new Promise(() => {}); // hangs, whatever the signal says
    })(),
  });
  const controller = new AbortController();
  const leaving = cache.fetch(bucket, "k", { signal: controller.signal });
  await half.opened;
  controller.abort();
  await expect(leaving).rejects.toMatchObject({ code: "aborted" });
  bucket.onGet = undefined;
  expect(await read(cache, bucket, "k")).toBe("value");
  expect(privateFiles(cache.directory)).toEqual([]);
});

const damages: Record<string, (stream: ObjectStream) => ObjectStream> = {
  "too few bytes": ({ info }) => ({ info, body: bytes("val") }),
  "too many bytes": ({ info }) => ({ info, body: bytes("values") }),
  "no bytes": ({ info }) => ({ info, body: bytes() }),
  "other bytes than the checksum says": ({ info }) => ({
    info: {
      ...info,
      checksum: { algorithm: "sha256", value: createHash("sha256").update("value").digest("hex") },
    },
    body: bytes("valuf"),
  }),
  "bytes of another CRC": ({ info }) => ({
    info: { ...info, checksum: { algorithm: "crc32", value: "00000000" } },
    body: bytes("value"),
  }),
};

async function* bytes(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

test.each(Object.keys(damages))("a download with %s is an error and never an entry", async (name) => {
  const bucket = await memoryBucket({ k: "value" });
  const cache = await testCache();
  bucket.onGet = (stream) => damages[name]?.(stream) ?? stream;
  await expect(cache.fetch(bucket, "k")).rejects.toMatchObject({ code: "transfer_corrupt", retryable: true });
  expect(filesIn(cache.directory)).toEqual([]);
  expect(privateFiles(cache.directory)).toEqual([]);
  expect(await cache.status()).toMatchObject({ entries: 0, pinnedEntries: 0, downloads: 0 });
  bucket.onGet = undefined;
  expect(await read(cache, bucket, "k")).toBe("value");
});

test("an input that changed between two fetches is seen; freshness says what is compared", async () => {
  const bucket = await memoryBucket({ k: "old" });
  const cache = await testCache();
  await read(cache, bucket, "k");
  await bucket.put("k", "new");
  expect(await read(cache, bucket, "k", { freshness: "any" })).toBe("old");
  expect(await read(cache, bucket, "k", { freshness: "only" })).toBe("old");
  expect(bucket.heads).toHaveLength(1);
  expect(await read(cache, bucket, "k")).toBe("new");
  await read(cache, bucket, "k", { freshness: "new" });
  expect(bucket.gets).toHaveLength(3);
});

test("an object that is not in the bucket is missing, and what the cache had of it goes", async () => {
  const bucket = await memoryBucket({ k: "old" });
  const cache = await testCache();
  await read(cache, bucket, "k");
  await bucket.delete("k");
  await expect(cache.fetch(bucket, "k")).rejects.toMatchObject({ code: "object_missing" });
  await expect(cache.fetch(bucket, "k", { freshness: "only" })).rejects.toMatchObject({
    code: "object_missing",
  });
  await expect(cache.fetch(bucket, "k", { freshness: "any" })).rejects.toMatchObject({
    code: "object_missing",
  });
  expect(filesIn(cache.directory)).toEqual([]);
});

test("`only` asks the bucket nothing, also when the object is being downloaded", async () => {
  const bucket = await memoryBucket({ k: "v" });
  const cache = await testCache();
  await expect(cache.fetch(bucket, "k", { freshness: "only" })).rejects.toMatchObject({
    code: "object_missing",
  });
  expect([bucket.heads, bucket.gets]).toEqual([[], []]);
});

test("two buckets in one cache: an entry of one is no hit for the other", async () => {
  const [one, other] = [await memoryBucket({ k: "one" }, "one"), await memoryBucket({ k: "other" }, "other")];
  const cache = await testCache();
  using pin = await cache.fetch(one, "k");
  expect(await read(cache, other, "k", { freshness: "any" })).toBe("other");
  // The one that is pinned keeps its file.
  expect(readFileSync(pin.path, "utf8")).toBe("one");
  pin.release();
  await cache.clear();
  expect(await read(cache, one, "k")).toBe("one");
  // The one that nobody needs yields the place that mirrors the key.
  using second = await cache.fetch(other, "k");
  expect(second.path).toBe(path.join(cache.directory, "k"));
  expect(readFileSync(second.path, "utf8")).toBe("other");
  expect(await read(cache, one, "k", { freshness: "any" })).toBe("one");
});

test.each(["../x", "/x", "a/../b", "a\0b", "", "C:x", "a//b"])("the key %j is refused", async (key) => {
  const cache = await testCache();
  const bucket = await memoryBucket();
  await expect(cache.fetch(bucket, key)).rejects.toMatchObject({ code: "key_invalid" });
  await expect(cache.drop(bucket, key)).rejects.toMatchObject({ code: "key_invalid" });
  expect(bucket.heads).toEqual([]);
});

test("a caller's own failure is not another's: each later one tries for itself", async () => {
  const bucket = await memoryBucket({ k: "value" });
  const cache = await testCache();
  let failures = 0;
  bucket.onGet = (stream) => {
    if (failures++ === 0) throw new Error("the network is down");
    return stream;
  };
  await expect(cache.fetch(bucket, "k")).rejects.toThrow("the network is down");
  expect(await read(cache, bucket, "k")).toBe("value");
});

test("closing ends what is under way and leaves no file of this process behind", async () => {
  const directory = path.join(temporaryDirectory(), "cache");
  const bucket = await memoryBucket({ k: "value", there: "there" });
  const cache = await testCache({ directory });
  const begun = gate();
  using _pin = await cache.fetch(bucket, "there");
  bucket.onGet = async (stream) => {
    begun.open();
    return new Promise<typeof stream>(() => {});
  };
  writeFileSync(path.join(cache.workDirectory, "scratch"), "x");
  const waiting = expect(cache.fetch(bucket, "k")).rejects.toMatchObject({ code: "closed" });
  await begun.opened;
  await cache[Symbol.asyncDispose]();
  await waiting;
  await expect(cache.fetch(bucket, "k")).rejects.toMatchObject({ code: "closed" });
  expect(privateFiles(directory)).toEqual([]);
  for (const folder of ["owners", "work", "partial"]) {
    expect(readdirSync(path.join(directory, ".simpletasks", folder))).toEqual([]);
  }
  const next = await testCache({ directory });
  expect(await next.status()).toMatchObject({ entries: 1, pinnedEntries: 0 });
});
