import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Cache } from "../../../shared/cache/cache.ts";
import type { PutValue } from "../../../shared/datasource/datasource.ts";
import { createStagedDatasource, type StageOptions } from "../../../shared/datasource/stage.ts";
import type { StagedDatasource } from "../../../shared/datasource/staged.ts";
import { SimpleTasksError } from "../../../shared/errors.ts";
import {
  filesIn,
  gate,
  memoryBucket,
  type ObservedBucket,
  read,
  recordingLogger,
  temporaryDirectory,
  testCache,
} from "../cache/fixtures.ts";

interface Bench {
  readonly bucket: ObservedBucket;
  readonly cache: Cache;
  /** The attempt's own directory. */
  readonly directory: string;
  readonly scratch: string;
  readonly staged: StagedDatasource;
}

async function bench(
  objects: Readonly<Record<string, string>> = {},
  options: Partial<StageOptions> = {},
): Promise<Bench> {
  const bucket = await memoryBucket(objects);
  const cache = await testCache();
  const directory = path.join(cache.workDirectory, "attempt");
  const scratch = path.join(cache.workDirectory, "scratch");
  const staged = createStagedDatasource({ bucket, cache, directory, scratch, ...options });
  return { bucket, cache, directory, scratch, staged };
}

const always = { mayUpload: () => true, signal: new AbortController().signal };

async function text(staged: StagedDatasource, key: string): Promise<string> {
  return readFileSync(await staged.get(key), "utf8");
}

async function inBucket(bucket: ObservedBucket, key: string): Promise<string | undefined> {
  if ((await bucket.head(key)) === undefined) return undefined;
  const { body } = await bucket.get(key);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const busy = (): SimpleTasksError => new SimpleTasksError("io", "the engine is busy", { retryable: true });

test("an attempt that uses nothing touches no disk, from its making to its end", async () => {
  const { cache, staged } = await bench();
  await staged.commit({ ...always, mayUpload: () => false });
  await staged.discard();
  expect(readdirSync(cache.workDirectory)).toEqual([]);
});

describe("gets", () => {
  test("give files of the attempt's own, in the order of the keys", async () => {
    const { bucket, cache, directory, staged } = await bench({ "d/a.dat": "a", "d/b.dat": "b", empty: "" });
    const files = await staged.get(["d/b.dat", "empty", "d/a.dat"]);
    expect(files.map((file) => readFileSync(file, "utf8"))).toEqual(["b", "", "a"]);
    expect(files.every((file) => path.dirname(file) === directory)).toBe(true);
    expect(path.extname(files[0] ?? "")).toBe(".dat");
    writeFileSync(files[0] ?? "", "scribbled");
    expect(await read(cache, bucket, "d/b.dat", { freshness: "only" })).toBe("b");
  });

  test("of one key give one file, unless the task has written to it", async () => {
    const { bucket, staged } = await bench({ a: "value" });
    const [first, second] = [await staged.get("a"), await staged.get("a")];
    expect(second).toBe(first);
    writeFileSync(first, "VALUE");
    expect(await text(staged, "a")).toBe("value");
    rmSync(await staged.get("a"));
    expect(await text(staged, "a")).toBe("value");
    expect(bucket.gets).toHaveLength(1);
  });

  test("can look in the cache alone, or fetch anew", async () => {
    const { bucket, staged } = await bench({ a: "value" });
    await expect(staged.get("a", { onlyCache: true })).rejects.toMatchObject({ code: "object_missing" });
    await staged.get("a");
    await bucket.put("a", "newer");
    expect(readFileSync(await staged.get("a", { overrideCache: true }), "utf8")).toBe("newer");
    expect(bucket.gets).toHaveLength(2);
  });

  test("copy what was fetched for the attempt already, without asking again, but as it is now", async () => {
    const bucket = await memoryBucket({ a: "old" });
    const cache = await testCache();
    using pin = await cache.fetch(bucket, "a");
    const file = path.join(cache.workDirectory, "new");
    writeFileSync(file, "new");
    await cache.store(bucket, "a", file, (await bucket.put("a", "new")).etag);
    const pins = new Map([["a", pin]]);
    await using staged = createStagedDatasource({
      bucket,
      cache,
      pins,
      directory: path.join(cache.workDirectory, "x"),
    });
    expect(await text(staged, "a")).toBe("new");
    expect([bucket.heads.length, bucket.gets.length]).toEqual([1, 1]);
  });

  test("name the first key that is missing, and hold nothing afterwards", async () => {
    const { cache, staged } = await bench({ a: "a" });
    await expect(staged.get(["a", "b"])).rejects.toMatchObject({
      code: "object_missing",
      about: { key: "b" },
    });
    expect(await cache.status()).toMatchObject({ pinnedEntries: 0 });
  });
});

describe("puts and deletes", () => {
  test("reach bucket and cache only with the commit, as uploaded objects that need no download", async () => {
    const { bucket, cache, scratch, staged } = await bench({ gone: "gone" });
    mkdirSync(scratch);
    writeFileSync(path.join(scratch, "file"), "file");
    await staged.put({ "out/text": "text", "out/bytes": Buffer.from([1, 2]) });
    await staged.put("out/file", { file: path.join(scratch, "file") });
    const path_ = await staged.newStagingPath();
    writeFileSync(path_, "staged");
    staged.stageFile("out/staged", path_);
    await staged.delete(["gone"]);
    expect(staged.stagedKeys).toEqual(["out/text", "out/bytes", "out/file", "out/staged"]);
    expect([bucket.puts, filesIn(cache.directory)]).toEqual([[], []]);

    await staged.commit(always);
    await staged.discard();
    expect(bucket.puts.toSorted()).toEqual(["out/bytes", "out/file", "out/staged", "out/text"]);
    expect(await inBucket(bucket, "gone")).toBeUndefined();
    expect(await inBucket(bucket, "out/staged")).toBe("staged");
    bucket.gets.length = 0;
    expect(await read(cache, bucket, "out/file")).toBe("file");
    expect(bucket.gets).toEqual([]);
    expect(filesIn(cache.directory)).toEqual(["out/bytes", "out/file", "out/staged", "out/text"]);
  });

  test("move a file from the scratch directory, and copy every other", async () => {
    const { cache, scratch, staged } = await bench();
    const outside = temporaryDirectory();
    mkdirSync(scratch);
    const file = (name: string, directory = scratch): string => {
      const place = path.join(directory, name);
      writeFileSync(place, name);
      return place;
    };
    const [moved, elsewhere, linked] = [file("moved"), file("elsewhere", outside), file("linked")];
    linkSync(linked, path.join(outside, "second-name"));
    symlinkSync(elsewhere, path.join(scratch, "symlink"));
    symlinkSync(outside, path.join(scratch, "folder"));
    await staged.put({
      moved: { file: moved },
      elsewhere: { file: elsewhere },
      linked: { file: linked },
      symlink: { file: path.join(scratch, "symlink") },
      through: { file: path.join(scratch, "folder/elsewhere") },
    });
    expect([existsSync(moved), existsSync(elsewhere), existsSync(linked)]).toEqual([false, true, true]);
    writeFileSync(linked, "changed");
    const read = await Promise.all(staged.stagedKeys.map((key) => text(staged, key)));
    expect(read.toSorted()).toEqual(["elsewhere", "elsewhere", "elsewhere", "linked", "moved"]);
    await staged.discard();
    expect(existsSync(path.join(cache.workDirectory, "attempt"))).toBe(false);
  });

  test("into the cache alone never reach the bucket", async () => {
    const { bucket, cache, staged } = await bench();
    await staged.put("local", "value", { onlyCache: true });
    await staged.commit(always);
    expect(bucket.puts).toEqual([]);
    expect(await read(cache, bucket, "local", { freshness: "only" })).toBe("value");
    expect(await read(cache, bucket, "local")).toBe("value");
    // Once the bucket has an object of that key it is the one.
    await bucket.put("local", "shared");
    expect(await read(cache, bucket, "local")).toBe("shared");
  });

  test("of one key asked for at the same time: the one asked for last holds", async () => {
    const { staged } = await bench();
    await Promise.all([staged.put("k", "x".repeat(1_000_000)), staged.put("k", "last")]);
    expect(await text(staged, "k")).toBe("last");
  });

  test("that nobody waited for are part of the commit", async () => {
    const { bucket, staged } = await bench();
    void staged.put("k", "value");
    await staged.commit(always);
    expect(await inBucket(bucket, "k")).toBe("value");
  });

  test("of a file that is not there fail and stage nothing", async () => {
    const { staged } = await bench();
    await expect(staged.put("k", { file: "/does/not/exist" })).rejects.toMatchObject({ code: "io" });
    expect(staged.stagedKeys).toEqual([]);
  });

  test("with a key that is refused, or belongs to SimpleTasks itself, are errors, as gets are", async () => {
    const { staged } = await bench({ "_simpletasks/messages/q/1": "secret" });
    for (const key of ["../x", "_simpletasks/messages/q/1", "_simpletasks", "_SimpleTasks/x"]) {
      await expect(staged.get(key)).rejects.toMatchObject({ code: "key_invalid" });
      await expect(staged.put(key, "v")).rejects.toMatchObject({ code: "key_invalid" });
      await expect(staged.delete(key)).rejects.toMatchObject({ code: "key_invalid" });
      expect(() => staged.stageFile(key, "/x")).toThrow(SimpleTasksError);
    }
  });
});

test("an attempt reads what it wrote, and the commit makes it so (against a model)", async () => {
  const keys = fc.constantFrom("a", "b", "d/c", "D/c");
  const operation = fc.oneof(
    fc.record({ do: fc.constant("put"), key: keys, value: fc.string({ maxLength: 20 }) }),
    fc.record({ do: fc.constant("delete"), key: keys, value: fc.constant("") }),
    fc.record({ do: fc.constant("get"), key: keys, value: fc.constant("") }),
    fc.record({ do: fc.constant("scribble"), key: keys, value: fc.constant("scribbled") }),
  );
  const initial = fc.dictionary(keys, fc.string({ maxLength: 20 }), { noNullPrototype: true });
  const cache = await testCache();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      initial,
      fc.array(operation, { maxLength: 15 }),
      fc.boolean(),
      async (objects, operations, commit) => {
        const bucket = await memoryBucket(objects, String(run));
        const before = new Map(Object.entries(objects));
        const model = new Map(before);
        await using staged = createStagedDatasource({
          bucket,
          cache,
          directory: path.join(cache.workDirectory, `run-${run++}`),
        });
        for (const { do: what, key, value } of operations) {
          if (what === "put") {
            await staged.put(key, value);
            model.set(key, value);
          } else if (what === "delete") {
            await staged.delete(key);
            model.delete(key);
          } else if (model.has(key)) {
            const file = await staged.get(key);
            expect(readFileSync(file, "utf8")).toBe(model.get(key));
            if (what === "scribble") writeFileSync(file, value);
          } else {
            await expect(staged.get(key)).rejects.toMatchObject({ code: "object_missing" });
          }
        }
        if (commit) await staged.commit(always);
        await staged.discard();
        const expected = commit ? model : before;
        for (const key of ["a", "b", "d/c", "D/c"]) {
          expect(await inBucket(bucket, key)).toBe(expected.get(key));
          if (expected.has(key)) expect(await read(cache, bucket, key)).toBe(expected.get(key));
        }
      },
    ),
    { numRuns: 60 },
  );
  expect(readdirSync(cache.workDirectory)).toEqual([]);
});

describe("the commit", () => {
  test("asks before each upload, starts none without a yes, and ends those in flight", async () => {
    const { bucket, cache, staged } = await bench();
    const begun = gate();
    let asked = 0;
    let aborted = false;
    bucket.onWrite = (_key, signal) =>
      new Promise((_resolve, reject) => {
        begun.open();
        signal?.addEventListener("abort", () => {
          aborted = true;
          reject(new SimpleTasksError("aborted", "given up"));
        });
      });
    await staged.put({ one: "1", two: "2" });
    const mayUpload = (): boolean => ++asked === 1;
    await expect(staged.commit({ ...always, mayUpload })).rejects.toMatchObject({ code: "lease_lost" });
    await begun.opened;
    expect([bucket.puts.length, aborted]).toEqual([1, true]);
    expect(filesIn(cache.directory)).toEqual([]);
  });

  test("that is aborted ends the uploads in flight, and nothing enters bucket or cache", async () => {
    const { bucket, cache, staged } = await bench();
    const controller = new AbortController();
    bucket.onWrite = (_key, signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => reject(new SimpleTasksError("aborted", "given up")));
        controller.abort();
      });
    await staged.put({ one: "1", two: "2" });
    await expect(staged.commit({ ...always, signal: controller.signal })).rejects.toMatchObject({
      code: "aborted",
    });
    bucket.onWrite = undefined;
    expect([await inBucket(bucket, "one"), filesIn(cache.directory)]).toEqual([undefined, []]);
    await staged.discard();
    expect(readdirSync(cache.workDirectory)).toEqual([]);
  });

  test("repeats what may pass, with growing, jittered delays, and asks for the lease each time", async () => {
    const delays: number[] = [];
    const sleep = async (milliseconds: number): Promise<void> => void delays.push(milliseconds);
    const log = recordingLogger();
    const { bucket, staged } = await bench(
      {},
      { log, retry: { sleep, random: () => 0.5, firstDelay: 100, longestDelay: 300 } },
    );
    let failures = 0;
    let asked = 0;
    bucket.onWrite = () => {
      if (failures++ < 4) throw busy();
    };
    await staged.put("k", "value");
    await staged.commit({ ...always, mayUpload: () => ++asked > 0 });
    expect(delays).toEqual([75, 150, 225, 225]);
    expect([asked, log.lines.length]).toEqual([5, 4]);
    expect(await inBucket(bucket, "k")).toBe("value");
  });

  test("gives up at last, or at once where trying again cannot help; nothing enters the cache", async () => {
    const sleep = async (): Promise<void> => {};
    const { bucket, cache, staged } = await bench({ good: "old" }, { retry: { sleep, tries: 3 } });
    await read(cache, bucket, "good");
    await staged.put({ good: "good", bad: "bad" });
    bucket.onWrite = (key) => {
      if (key === "bad") throw busy();
    };
    await expect(staged.commit(always)).rejects.toMatchObject({ code: "io" });
    expect(bucket.puts.filter((key) => key === "bad")).toHaveLength(3);
    // Neither the new object nor the old one, which may be out of date.
    expect(filesIn(cache.directory)).toEqual([]);
    bucket.puts.length = 0;
    bucket.onWrite = (key) => {
      if (key === "bad") throw new SimpleTasksError("key_unsupported", "no");
    };
    await expect(staged.commit(always)).rejects.toMatchObject({ code: "key_unsupported" });
    expect(bucket.puts.filter((key) => key === "bad")).toHaveLength(1);
    // What was staged is still there: only the uploads are repeated.
    bucket.onWrite = undefined;
    await staged.commit(always);
    expect(filesIn(cache.directory)).toEqual(["bad", "good"]);
  });

  test("deletes only after all puts succeeded", async () => {
    const { bucket, staged } = await bench({ gone: "gone" });
    const order: string[] = [];
    bucket.onWrite = (key) => void order.push(key);
    await staged.delete("gone");
    await staged.put({ one: "1", two: "2" });
    await staged.commit(always);
    expect(order.at(-1)).toBe("gone");
    expect(order).toHaveLength(3);
  });

  test("succeeds although the cache fails: the outputs are durable", async () => {
    const log = recordingLogger();
    const { bucket, cache, directory } = await bench();
    const broken: Cache = { ...cache, store: () => Promise.reject(new Error("the disk is full")) };
    await using staged = createStagedDatasource({ bucket, cache: broken, directory, log });
    await staged.put("k", "value");
    await staged.commit(always);
    expect(await inBucket(bucket, "k")).toBe("value");
    expect(log.lines).toMatchObject([{ level: "warn" }]);
    expect(await read(cache, bucket, "k")).toBe("value");
  });

  test("lets no file into the cache that changed while it was uploaded", async () => {
    const { bucket, cache, staged } = await bench();
    const file = await staged.newStagingPath();
    writeFileSync(file, "uploaded");
    staged.stageFile("k", file);
    const put = bucket.put;
    bucket.put = async (...given) => {
      const info = await put(...given);
      writeFileSync(file, "scribbled");
      return info;
    };
    await staged.commit(always);
    expect(await read(cache, bucket, "k")).toBe("uploaded");
  });
});

describe("the end of an attempt", () => {
  test("leaves nothing, also of what was under way", async () => {
    const { bucket, cache, staged } = await bench({ a: "value" });
    const begun = gate();
    bucket.onGet = (stream) => {
      begun.open();
      return new Promise<typeof stream>(() => {});
    };
    await staged.put("k", "value");
    const waiting = expect(staged.get("a")).rejects.toMatchObject({ code: "aborted" });
    await begun.opened;
    await staged.discard();
    await waiting;
    expect(readdirSync(cache.workDirectory)).toEqual([]);
    expect([bucket.puts, filesIn(cache.directory)]).toEqual([[], []]);
    expect(await cache.status()).toMatchObject({ pinnedEntries: 0 });
  });

  test("is final", async () => {
    const { cache, staged } = await bench({ a: "value" });
    await staged.discard();
    await staged.discard();
    const late: PutValue = "late";
    await expect(staged.get("a")).rejects.toMatchObject({ code: "closed" });
    await expect(staged.put("k", late)).rejects.toMatchObject({ code: "closed" });
    await expect(staged.delete("k")).rejects.toMatchObject({ code: "closed" });
    await expect(staged.newStagingPath()).rejects.toMatchObject({ code: "closed" });
    expect(readdirSync(cache.workDirectory)).toEqual([]);
  });
});
