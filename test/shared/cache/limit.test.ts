import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import {
  filesIn,
  gate,
  memoryBucket,
  privateFiles,
  read,
  recordingLogger,
  testCache,
  touch,
} from "./fixtures.ts";

const objects = { a: "aaaa", b: "bbbb", c: "cccc", d: "dddd", large: "l".repeat(20) };

test("the least recently used file that nobody needs goes first", async () => {
  const bucket = await memoryBucket(objects);
  const cache = await testCache({ limitBytes: 12 });
  for (const key of ["a", "b", "c", "a"]) await touch(cache, bucket, key);
  await touch(cache, bucket, "d");
  expect(filesIn(cache.directory)).toEqual(["a", "c", "d"]);
  await touch(cache, bucket, "b");
  expect(filesIn(cache.directory)).toEqual(["a", "b", "d"]);
  expect(await cache.status()).toMatchObject({ entries: 3, bytes: 12, limitBytes: 12, evictions: 2 });
  expect(privateFiles(cache.directory)).toEqual([]);
});

test("a pinned file stays, whoever makes room", async () => {
  const bucket = await memoryBucket(objects);
  const cache = await testCache({ limitBytes: 8 });
  const other = await testCache({ directory: cache.directory, limitBytes: 8 });
  using pin = await cache.fetch(bucket, "a");
  for (const key of ["b", "c", "d"]) await touch(other, bucket, key);
  expect(filesIn(cache.directory)).toEqual(["a", "d"]);
  expect(await other.clear()).toEqual({ removed: 1, bytes: 4 });
  expect(existsSync(pin.path)).toBe(true);
  pin.release();
  expect(await cache.clear()).toEqual({ removed: 1, bytes: 4 });
  expect(filesIn(cache.directory)).toEqual([]);
});

test("with everything pinned there is no room to prefetch, and a fetch goes on and says so", async () => {
  const bucket = await memoryBucket(objects);
  const log = recordingLogger();
  const cache = await testCache({ limitBytes: 8, log });
  using first = await cache.fetch(bucket, "a");
  expect([cache.hasRoomFor(4), cache.hasRoomFor(5)]).toEqual([true, false]);
  using _second = await cache.fetch(bucket, "b");
  expect(cache.hasRoomFor(1)).toBe(false);
  expect(log.lines).toEqual([]);
  expect(await read(cache, bucket, "c")).toBe("cccc");
  expect(log.lines).toMatchObject([{ level: "warn" }]);
  first.release();
  expect(cache.hasRoomFor(4)).toBe(true);
});

test("an object larger than the limit is fetched all the same, and that is logged", async () => {
  const bucket = await memoryBucket(objects);
  const log = recordingLogger();
  const cache = await testCache({ limitBytes: 8, log });
  await touch(cache, bucket, "a");
  expect(await read(cache, bucket, "large")).toBe(objects.large);
  expect(log.lines).toMatchObject([{ level: "warn" }]);
  await touch(cache, bucket, "b");
  expect(filesIn(cache.directory)).toEqual(["b"]);
});

test("what is being downloaded counts, so that two who make room at once do not remove twice", async () => {
  const bucket = await memoryBucket(objects);
  const cache = await testCache({ limitBytes: 16 });
  for (const key of ["a", "b", "c", "d"]) await touch(cache, bucket, key);
  await bucket.put("e", "eeee");
  await bucket.put("f", "ffff");
  const doors = [gate(), gate()];
  const begun = [gate(), gate()];
  let position = 0;
  bucket.onGet = ({ info, body }) => {
    const turn = position++;
    return {
      info,
      body: (async function* () {
        begun[turn]?.open();
        await doors[turn]?.opened;
        yield* body;
      })(),
    };
  };
  const other = await testCache({ directory: cache.directory, limitBytes: 16 });
  const fetches = [touch(cache, bucket, "e"), touch(other, bucket, "f")];
  await Promise.all(begun.map(({ opened }) => opened));
  expect(filesIn(cache.directory)).toEqual(["c", "d"]);
  for (const door of doors) door.open();
  await Promise.all(fetches);
  expect(filesIn(cache.directory)).toEqual(["c", "d", "e", "f"]);
});

test("an object that replaces its older self takes no other's place", async () => {
  const bucket = await memoryBucket(objects);
  const cache = await testCache({ limitBytes: 8 });
  await touch(cache, bucket, "a");
  await touch(cache, bucket, "b");
  await bucket.put("b", "BBBB");
  expect(await read(cache, bucket, "b")).toBe("BBBB");
  expect(filesIn(cache.directory)).toEqual(["a", "b"]);
});

test("a put through the cache makes room for itself", async () => {
  const bucket = await memoryBucket(objects);
  const cache = await testCache({ limitBytes: 8 });
  await touch(cache, bucket, "a");
  await touch(cache, bucket, "b");
  const file = path.join(cache.workDirectory, "put");
  writeFileSync(file, "put!");
  await cache.store(bucket, "out/put", file, "etag");
  expect(filesIn(cache.directory)).toEqual(["b", "out/put"]);
});

test("the default limit is four fifths of what is free and what is cached together", async () => {
  const bucket = await memoryBucket(objects);
  const free = { bytes: 96 };
  const cache = await testCache({ machine: { freeBytes: () => free.bytes } });
  await touch(cache, bucket, "a");
  const other = await testCache({ directory: cache.directory, machine: { freeBytes: () => free.bytes } });
  expect(await other.status()).toMatchObject({ limitBytes: 80 });
});

test("folders that an eviction leaves empty go, and come back", async () => {
  const bucket = await memoryBucket({ "x/y/1": "1111", "x/2": "2222" });
  const cache = await testCache({ limitBytes: 4 });
  await touch(cache, bucket, "x/y/1");
  await touch(cache, bucket, "x/2");
  expect(existsSync(path.join(cache.directory, "x/y"))).toBe(false);
  await touch(cache, bucket, "x/y/1");
  expect(filesIn(cache.directory)).toEqual(["x/y/1"]);
});

test("an impossible limit is refused", async () => {
  await expect(testCache({ limitBytes: -1 })).rejects.toMatchObject({ code: "config_invalid" });
  await expect(testCache({ limitBytes: Number.NaN })).rejects.toMatchObject({ code: "config_invalid" });
});
