import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import type { Bucket } from "../../../shared/bucket/bucket.ts";
import { CACHE_ONLY_ETAG } from "../../../shared/cache/cache-only.ts";
import type { DroppedEntry } from "../../../shared/cache/cache.ts";
import { openCache } from "../../../shared/cache/open.ts";
import { loadSqlite } from "../../../shared/sqlite.ts";
import {
  filesIn,
  gate,
  memoryBucket,
  privateFiles,
  read,
  recordingLogger,
  temporaryDirectory,
  testCache,
} from "./fixtures.ts";

describe("keys that a file system cannot hold side by side", () => {
  const pairs: [string, string][] = [
    ["a", "a/b"],
    ["d/a", "d/a/b/c"],
    ["A", "a"],
    ["Dir/x", "dir/X"],
    ["caf\u00e9", "cafe\u0301"],
    ["stra\u00dfe", "STRASSE"],
    ["a\uff0fb", "a/b"],
    [`${"x".repeat(300)}1`, `${"x".repeat(300)}2`],
    [".simpletasks/index.db", ".SimpleTasks/index.db"],
    [".simpletasks", "work"],
  ];
  test.each([...pairs, ...pairs.map(([one, other]): [string, string] => [other, one])])(
    "%s and %s have files of their own",
    async (one, other) => {
      const bucket = await memoryBucket({ [one]: "one", [other]: "other" });
      const cache = await testCache();
      for (const freshness of ["match", "only"] as const) {
        expect(await read(cache, bucket, one, { freshness })).toBe("one");
        expect(await read(cache, bucket, other, { freshness })).toBe("other");
      }
      expect(bucket.gets).toHaveLength(2);
      await cache.clear();
      expect([filesIn(cache.directory), privateFiles(cache.directory)]).toEqual([[], []]);
      // With nothing in its way the other one has the file of its name, if a file system can hold that at all.
      expect(await read(cache, bucket, other)).toBe("other");
    },
  );

  test.each([
    ["a", "A"],
    ["a", "A/b"],
    ["a/b", "A"],
  ])(
    "with %s there, %s lies aside on every file system, also where it would have room",
    async (one, other) => {
      const bucket = await memoryBucket({ [one]: "one", [other]: "other" });
      const cache = await testCache();
      await read(cache, bucket, one);
      await read(cache, bucket, other);
      expect(filesIn(cache.directory)).toEqual([one]);
      expect(privateFiles(cache.directory)).toHaveLength(1);
    },
  );

  test("a..b and ab are two keys with two files", async () => {
    const bucket = await memoryBucket({ "a..b": "one", ab: "other" });
    const cache = await testCache();
    await Promise.all([read(cache, bucket, "a..b"), read(cache, bucket, "ab")]);
    expect(filesIn(cache.directory)).toEqual(["a..b", "ab"]);
  });
});

describe("files that the cache did not write", () => {
  test("one with the bucket's bytes is used without a download, and neither clear nor eviction removes it", async () => {
    const bucket = await memoryBucket({ "d/k": "value", other: "other" });
    const cache = await testCache({ limitBytes: 5 });
    mkdirSync(path.join(cache.directory, "d"));
    writeFileSync(path.join(cache.directory, "d/k"), "value");
    using pin = await cache.fetch(bucket, "d/k");
    expect(pin).toMatchObject({ hit: true, path: path.join(cache.directory, "d/k") });
    expect(await read(cache, bucket, "d/k", { freshness: "only" })).toBe("value");
    pin.release();
    await read(cache, bucket, "other");
    expect(await cache.clear()).toEqual({ removed: 1, bytes: 5 });
    expect(filesIn(cache.directory)).toEqual(["d/k"]);
    await expect(cache.fetch(bucket, "d/k", { freshness: "only" })).rejects.toMatchObject({
      code: "object_missing",
    });
    expect(bucket.gets).toEqual(["other"]);
  });

  test.each(["other", "longer than it"])(
    "one with other bytes (%s) is left as it is, and the object lies elsewhere",
    async (theirs) => {
      const bucket = await memoryBucket({ k: "value" });
      const cache = await testCache();
      const file = path.join(cache.directory, "k");
      writeFileSync(file, theirs);
      expect(await read(cache, bucket, "k")).toBe("value");
      const staged = path.join(cache.workDirectory, "staged");
      writeFileSync(staged, "put");
      const { etag } = await bucket.put("k", "put");
      await cache.store(bucket, "k", staged, etag);
      expect(await read(cache, bucket, "k")).toBe("put");
      await cache.drop(bucket, "k");
      await cache.clear();
      expect(readFileSync(file, "utf8")).toBe(theirs);
      expect(privateFiles(cache.directory)).toEqual([]);
    },
  );

  test("one that changes after it was taken up is compared again", async () => {
    const bucket = await memoryBucket({ k: "value" });
    const cache = await testCache();
    writeFileSync(path.join(cache.directory, "k"), "value");
    expect(await read(cache, bucket, "k")).toBe("value");
    writeFileSync(path.join(cache.directory, "k"), "eulav");
    expect(await read(cache, bucket, "k", { freshness: "any" })).toBe("value");
    expect(readFileSync(path.join(cache.directory, "k"), "utf8")).toBe("eulav");
  });

  test("one put in the place of an entry is not removed with that entry", async () => {
    const bucket = await memoryBucket({ k: "value" });
    const cache = await testCache();
    await read(cache, bucket, "k");
    const file = path.join(cache.directory, "k");
    writeFileSync(`${file}.new`, "theirs");
    renameSync(`${file}.new`, file);
    await cache.clear();
    expect(readFileSync(file, "utf8")).toBe("theirs");
  });

  test("a folder or file in the way of a key is left, and the object lies elsewhere", async () => {
    const bucket = await memoryBucket({ k: "value", "file/k": "below" });
    const cache = await testCache();
    mkdirSync(path.join(cache.directory, "k"));
    writeFileSync(path.join(cache.directory, "k/theirs"), "theirs");
    writeFileSync(path.join(cache.directory, "file"), "theirs");
    expect(await read(cache, bucket, "k")).toBe("value");
    expect(await read(cache, bucket, "file/k")).toBe("below");
    expect(filesIn(cache.directory)).toEqual(["file", "k/theirs"]);
  });

  test("a link that leads out of the cache is refused, and nothing is written through it", async () => {
    const bucket = await memoryBucket({ "link/k": "value", leaf: "value" });
    const cache = await testCache();
    const outside = temporaryDirectory();
    symlinkSync(outside, path.join(cache.directory, "link"));
    writeFileSync(path.join(outside, "leaf"), "theirs");
    symlinkSync(path.join(outside, "leaf"), path.join(cache.directory, "leaf"));
    for (const key of ["link/k", "leaf"]) {
      await expect(cache.fetch(bucket, key)).rejects.toMatchObject({ code: "key_invalid" });
    }
    expect(filesIn(outside)).toEqual(["leaf"]);
    expect(readFileSync(path.join(outside, "leaf"), "utf8")).toBe("theirs");
    expect(await cache.status()).toMatchObject({ entries: 0, pinnedEntries: 0 });
  });

  test("a folder replaced by a link after the fetch is not followed either", async () => {
    const bucket = await memoryBucket({ "d/k": "value" });
    const cache = await testCache();
    await read(cache, bucket, "d/k");
    const outside = temporaryDirectory();
    renameSync(path.join(cache.directory, "d"), path.join(outside, "d"));
    symlinkSync(path.join(outside, "d"), path.join(cache.directory, "d"));
    await expect(cache.fetch(bucket, "d/k")).rejects.toMatchObject({ code: "key_invalid" });
    await cache.clear();
    expect(filesIn(outside)).toEqual(["d/k"]);
  });
});

describe("an entry that somebody wrote to", () => {
  test.each(["any", "match"] as const)(
    "is fetched again, also in the same clock tick and at the same length (%s)",
    async (freshness) => {
      const bucket = await memoryBucket({ k: "value" });
      const cache = await testCache();
      for (let round = 0; round < 20; round++) {
        using pin = await cache.fetch(bucket, "k", { freshness });
        expect(readFileSync(pin.path, "utf8")).toBe("value");
        // However coarse the file system's clock, a write from now on shows.
        expect(statSync(pin.path).mtimeMs).toBeLessThan(Date.now() - 10_000);
        writeFileSync(pin.path, "VALUE");
      }
      expect(bucket.gets).toHaveLength(20);
      expect(privateFiles(cache.directory)).toEqual([]);
    },
  );

  test("changes nothing for whoever waits with a pin on it", async () => {
    const bucket = await memoryBucket({ k: "value" });
    const cache = await testCache();
    using pin = await cache.fetch(bucket, "k");
    const copy = path.join(temporaryDirectory(), "copy");
    for (const damage of [() => writeFileSync(pin.path, "VALUE"), () => rmSync(pin.path)]) {
      damage();
      await pin.copyTo(copy);
      expect(readFileSync(copy, "utf8")).toBe("value");
    }
  });

  test("a copy of it is the holder's own", async () => {
    const bucket = await memoryBucket({ k: "value" });
    const cache = await testCache();
    using pin = await cache.fetch(bucket, "k");
    const copy = path.join(cache.workDirectory, "copy");
    await pin.copyTo(copy);
    writeFileSync(copy, "VALUE");
    expect(await read(cache, bucket, "k", { freshness: "only" })).toBe("value");
  });

  test("verify finds it, drops it, and leaves the others", async () => {
    const bucket = await memoryBucket({ a: "aaa", b: "bbb", c: "ccc" });
    const cache = await testCache();
    for (const key of ["a", "b", "c"]) await read(cache, bucket, key);
    writeFileSync(path.join(cache.directory, "b"), "BBB");
    rmSync(path.join(cache.directory, "c"));
    expect(await cache.verify()).toEqual({ checked: 3, dropped: ["b", "c"].map(damaged(bucket)) });
    expect(filesIn(cache.directory)).toEqual(["a"]);
    await expect(cache.verify({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
  });

  test("verify tells how far it is and what it dropped before it was stopped", async () => {
    const bucket = await memoryBucket({ a: "aaa", b: "bbb", c: "ccc" });
    const cache = await testCache();
    for (const key of ["a", "b", "c"]) await read(cache, bucket, key);
    writeFileSync(path.join(cache.directory, "a"), "AAA");
    const stop = new AbortController();
    const told: unknown[] = [];
    const verified = cache.verify({
      signal: stop.signal,
      onDropped: (entry) => told.push(entry),
      onChecked(checked) {
        if (checked === 2) stop.abort();
      },
    });
    await expect(verified).rejects.toMatchObject({ code: "aborted" });
    expect(told).toEqual([damaged(bucket)("a")]);
  });

  test("verify compares with a bucket when it is given one", async () => {
    const bucket = await memoryBucket({ same: "1", replaced: "2", gone: "3", differs: "4" });
    const other = await memoryBucket({ foreign: "5" }, "other");
    const cache = await testCache();
    for (const key of ["same", "replaced", "gone", "differs"]) await read(cache, bucket, key);
    await read(cache, other, "foreign");
    await other.delete("foreign");
    const alone = path.join(cache.workDirectory, "alone");
    writeFileSync(alone, "6");
    await cache.store(bucket, "alone", alone, CACHE_ONLY_ETAG);
    await bucket.put("replaced", "22");
    await bucket.delete("gone");
    // An engine whose bytes went bad under the same ETag.
    const head = bucket.head;
    bucket.head = async (key, options) => {
      const info = await head(key, options);
      if (key !== "differs" || info === undefined) return info;
      return { ...info, checksum: { algorithm: "md5", value: "0".repeat(32) } };
    };
    const { checked, dropped } = await cache.verify({ bucket });
    expect({ checked, dropped: dropped.map(({ key, reason }) => [key, reason]) }).toEqual({
      checked: 6,
      dropped: [
        ["differs", "stale"],
        ["gone", "deleted"],
        ["replaced", "stale"],
      ],
    });
    expect(filesIn(cache.directory)).toEqual(["alone", "foreign", "same"]);
  });

  test("verify goes on when an entry is dropped while it is compared", async () => {
    const bucket = await memoryBucket({ a: "1", b: "2" });
    const cache = await testCache();
    for (const key of ["a", "b"]) await read(cache, bucket, key);
    const head = bucket.head;
    bucket.head = async (key, options) => {
      const info = await head(key, options);
      if (key === "a") await cache.drop(bucket, "a");
      return (
        info && {
          ...info,
          checksum: { algorithm: "md5", value: createHash("md5").update("2").digest("hex") },
        }
      );
    };
    expect(await cache.verify({ bucket })).toEqual({ checked: 2, dropped: [] });
    expect(filesIn(cache.directory)).toEqual(["b"]);
  });
});

describe("after a start of the machine", () => {
  test("a file is read again before it is used, and then is a hit", async () => {
    const directory = path.join(temporaryDirectory(), "cache");
    const bucket = await memoryBucket({ k: "value" });
    await read(await testCache({ directory, machine: { bootId: () => "1" } }), bucket, "k");
    const cache = await testCache({ directory, machine: { bootId: () => "2" } });
    for (const freshness of ["only", "any", "match"] as const) {
      using pin = await cache.fetch(bucket, "k", { freshness });
      expect(pin.hit).toBe(true);
    }
    expect(bucket.gets).toHaveLength(1);
  });

  test("a file that lost its bytes with the power is fetched again, although nothing about it looks changed", async () => {
    const directory = path.join(temporaryDirectory(), "cache");
    const bucket = await memoryBucket({ k: "value" });
    const before = await testCache({ directory, machine: { bootId: () => "1" } });
    await read(before, bucket, "k");
    await before[Symbol.asyncDispose]();
    const file = path.join(directory, "k");
    writeFileSync(file, "\0\0\0\0\0");
    const { ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
    const { DatabaseSync } = loadSqlite();
    const index = new DatabaseSync(path.join(directory, ".simpletasks/index.db"));
    index.prepare("UPDATE entry SET stamp = ?").run(`${ino}:${size}:${mtimeNs}:${ctimeNs}`);
    index.close();
    const same = await testCache({ directory, machine: { bootId: () => "1" } });
    expect(await read(same, bucket, "k")).toBe("\0\0\0\0\0");
    await same[Symbol.asyncDispose]();
    const cache = await testCache({ directory, machine: { bootId: () => "2" } });
    await expect(cache.fetch(bucket, "k", { freshness: "only" })).rejects.toMatchObject({
      code: "object_missing",
    });
    expect(await read(cache, bucket, "k", { freshness: "any" })).toBe("value");
    expect(bucket.gets).toHaveLength(2);
  });
});

describe("what was put through the cache", () => {
  test("is the entry at once, and what a waiting pin copies", async () => {
    const bucket = await memoryBucket({ k: "old" });
    const cache = await testCache();
    using waiting = await cache.fetch(bucket, "k");
    const staged = path.join(cache.workDirectory, "staged");
    writeFileSync(staged, "newer");
    const { etag } = await bucket.put("k", "newer");
    await cache.store(bucket, "k", staged, etag);
    const copy = path.join(cache.workDirectory, "copy");
    await waiting.copyTo(copy);
    expect(readFileSync(copy, "utf8")).toBe("newer");
    using pin = await cache.fetch(bucket, "k");
    expect(pin).toMatchObject({ hit: true, bytes: 5, etag });
    expect([existsSync(staged), bucket.gets.length]).toEqual([false, 1]);
  });

  test("is not overwritten by a download that began before it", async () => {
    const bucket = await memoryBucket({ k: "old" });
    const cache = await testCache();
    const [begun, door] = [gate(), gate()];
    bucket.onGet = async (stream) => {
      begun.open();
      await door.opened;
      return { info: stream.info, body: Readable.from([Buffer.from("old")]) };
    };
    const waiting = read(cache, bucket, "k", { freshness: "any" });
    await begun.opened;
    bucket.onGet = undefined;
    const staged = path.join(cache.workDirectory, "staged");
    writeFileSync(staged, "new");
    const { etag } = await bucket.put("k", "new");
    await cache.store(bucket, "k", staged, etag);
    door.open();
    expect(await waiting).toBe("new");
    expect(await read(cache, bucket, "k", { freshness: "only" })).toBe("new");
    expect(privateFiles(cache.directory)).toEqual([]);
  });

  test("a waiting pin on an object deleted through the cache finds it missing", async () => {
    const bucket = await memoryBucket({ k: "old" });
    const cache = await testCache();
    using waiting = await cache.fetch(bucket, "k");
    await bucket.delete("k");
    await cache.drop(bucket, "k");
    await expect(waiting.copyTo(path.join(cache.workDirectory, "copy"))).rejects.toMatchObject({
      code: "object_missing",
    });
  });
});

describe("the directory", () => {
  test("is made for the user alone, with everything in it", async () => {
    const bucket = await memoryBucket({ "d/k": "value" });
    const cache = await testCache({ directory: path.join(temporaryDirectory(), "new/cache") });
    await read(cache, bucket, "d/k");
    const modes = ["", "d", ".simpletasks", "d/k"].map(
      (name) => statSync(path.join(cache.directory, name)).mode & 0o777,
    );
    expect(modes).toEqual([0o700, 0o700, 0o700, 0o600]);
  });

  test("is refused when others may enter it, unless that is wanted", async () => {
    const directory = temporaryDirectory();
    chmodSync(directory, 0o750);
    await expect(openCache({ directory })).rejects.toMatchObject({ code: "cache_refused" });
    const cache = await testCache({ directory, shared: true });
    expect(await read(cache, await memoryBucket({ k: "v" }), "k")).toBe("v");
  });

  test.runIf(process.getuid?.() === 0)("is refused when it belongs to somebody else", async () => {
    const directory = temporaryDirectory();
    chownSync(directory, 65_534, 65_534);
    await expect(openCache({ directory })).rejects.toMatchObject({ code: "cache_refused" });
  });

  test("is refused when it is a file, or its own folder is a link", async () => {
    const directory = temporaryDirectory();
    writeFileSync(path.join(directory, "file"), "");
    await expect(openCache({ directory: path.join(directory, "file") })).rejects.toMatchObject({
      code: "cache_refused",
    });
    symlinkSync(temporaryDirectory(), path.join(directory, ".simpletasks"));
    await expect(openCache({ directory })).rejects.toMatchObject({ code: "cache_refused" });
  });

  test("may be emptied while it is in use: what is fetched next is there", async () => {
    const bucket = await memoryBucket({ k: "value", other: "other" });
    const cache = await testCache();
    using pin = await cache.fetch(bucket, "k");
    for (const name of [".simpletasks", "k"]) rmSync(path.join(cache.directory, name), { recursive: true });
    expect(await read(cache, bucket, "k", { freshness: "any" })).toBe("value");
    expect(await read(cache, bucket, "other")).toBe("other");
    const copy = path.join(temporaryDirectory(), "copy");
    await pin.copyTo(copy);
    expect(readFileSync(copy, "utf8")).toBe("value");
    expect(await cache.status()).toMatchObject({ entries: 2, pinnedEntries: 1 });
  });
});

describe("a damaged index", () => {
  test.each([
    ["garbage", () => Buffer.alloc(40_000, "garbage")],
    ["nothing but zeros", () => Buffer.alloc(8192)],
    ["a cut file", (bytes: Buffer) => bytes.subarray(0, 5000)],
  ])(
    "(%s) is set aside at the start; files are used after they agreed with the bucket",
    async (_name, damage) => {
      const directory = path.join(temporaryDirectory(), "cache");
      const bucket = await memoryBucket({ k: "value", wrong: "right" });
      const before = await testCache({ directory });
      await read(before, bucket, "k");
      await read(before, bucket, "wrong");
      await before[Symbol.asyncDispose]();
      const file = path.join(directory, ".simpletasks/index.db");
      writeFileSync(file, damage(readFileSync(file)));
      writeFileSync(path.join(directory, "wrong"), "wrong");
      const log = recordingLogger();
      const cache = await testCache({ directory, log });
      expect(await read(cache, bucket, "k")).toBe("value");
      expect(await read(cache, bucket, "wrong")).toBe("right");
      expect(bucket.gets).toEqual(["k", "wrong", "wrong"]);
      expect(log.lines).toMatchObject([{ level: "warn" }]);
    },
  );

  test("is set aside while the cache is open", async () => {
    const bucket = await memoryBucket({ k: "value", other: "other" });
    const log = recordingLogger();
    const cache = await testCache({ log });
    const second = await testCache({ directory: cache.directory, log });
    using _pin = await cache.fetch(bucket, "k");
    const own = path.join(cache.directory, ".simpletasks");
    for (const name of ["index.db-wal", "index.db"]) {
      const file = path.join(own, name);
      writeFileSync(file, Buffer.alloc(readFileSync(file).length, 0xff), { flag: "r+" });
    }
    expect(await read(second, bucket, "other")).toBe("other");
    expect(await read(cache, bucket, "k", { freshness: "any" })).toBe("value");
    expect(await read(second, bucket, "k")).toBe("value");
    expect(bucket.gets).toEqual(["k", "other"]);
    expect(log.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
  });
});

function damaged(bucket: Bucket): (key: string) => DroppedEntry {
  return (key) => ({ bucket: bucket.url, key, reason: "damaged" });
}
