import { readFile } from "node:fs/promises";
import { isSimpleTasksError } from "../../errors.ts";
import type { ObjectSource } from "../bucket.ts";
import {
  expectBytes,
  expectContent,
  expectEqual,
  expectRejection,
  expectTrue,
  failureOf,
  infoOf,
  listedKeys,
  patternOf,
  readAll,
  streamOf,
} from "./expectations.ts";
import type { BucketRow } from "./row.ts";
import { withFile } from "./temporary-file.ts";

const FIVE_MIB = 5 * 1024 * 1024;

/** What `put` and `delete` must do. */
export const writeRows: readonly BucketRow[] = [
  {
    name: "stores a text as UTF-8, bytes, a file and a stream",
    async run(bucket) {
      await bucket.put("text", "Würfel 𝒳\n");
      await bucket.put("bytes", new Uint8Array([0, 255, 10, 13]));
      await bucket.put("stream", streamOf("ab", "", "c"));
      await withFile("from a file", async (file) => {
        await bucket.put("file", { file });
        expectEqual("The source file afterwards", await readFile(file, "utf8"), "from a file");
      });
      await expectContent(bucket, "text", "Würfel 𝒳\n");
      await expectContent(bucket, "bytes", new Uint8Array([0, 255, 10, 13]));
      await expectContent(bucket, "stream", "abc");
      await expectContent(bucket, "file", "from a file");
    },
  },
  {
    name: "stores objects without bytes, from every kind of source",
    async run(bucket) {
      await withFile("", async (file) => {
        const sources: Record<string, ObjectSource> = {
          text: "",
          bytes: new Uint8Array(0),
          stream: streamOf(),
          file: { file },
        };
        for (const [key, source] of Object.entries(sources)) {
          expectEqual(`The length that put(${key}) reports`, (await bucket.put(key, source)).bytes, 0);
          expectEqual(`The length that head(${key}) reports`, (await infoOf(bucket, key)).bytes, 0);
          await expectContent(bucket, key, "");
        }
      });
    },
  },
  {
    name: "stores 5 MiB from bytes, a file and a stream of uneven chunks",
    async run(bucket) {
      const content = patternOf(FIVE_MIB);
      const cuts = [0, 1, 65_537, 65_537, 1_000_000, 4_000_003, FIVE_MIB];
      const chunks = cuts.slice(1).map((end, index) => content.subarray(cuts[index], end));
      await bucket.put("bytes", content);
      await bucket.put("stream", streamOf(...chunks));
      await withFile(content, (file) => bucket.put("file", { file }));
      for (const key of ["bytes", "stream", "file"]) {
        expectBytes(`The 5 MiB put as ${key}`, await readAll(bucket, key), content);
      }
    },
  },
  {
    name: "keeps what it was given, whatever becomes of the buffer afterwards",
    async run(bucket) {
      const buffer = Buffer.from("before");
      await bucket.put("a", buffer);
      buffer.fill("x");
      (await readAll(bucket, "a")).fill("y");
      for await (const chunk of (await bucket.get("a")).body) chunk.fill(0);
      await expectContent(bucket, "a", "before");
    },
  },
  {
    name: "replaces an object whole, by a shorter one too",
    async run(bucket) {
      await bucket.put("a", "a long content");
      await bucket.put("a", "short");
      await expectContent(bucket, "a", "short");
      expectEqual("The listed keys", await listedKeys(bucket), ["a"]);
    },
  },
  {
    name: "reports the same of an object from put, head, get and list",
    async run(bucket) {
      const put = await bucket.put("a/b", "content");
      expectEqual("key and bytes from put", [put.key, put.bytes], ["a/b", 7]);
      expectTrue("an ETag is not empty", put.etag !== "");
      const head = await infoOf(bucket, "a/b");
      const { info, body } = await bucket.get("a/b");
      for await (const chunk of body) expectTrue("no chunk is empty", chunk.byteLength > 0);
      const [listed] = (await bucket.list()).objects;
      for (const [from, other] of Object.entries({ head, get: info, list: listed })) {
        expectEqual(
          `key, bytes and ETag from ${from}`,
          [other?.key, other?.bytes, other?.etag],
          [put.key, put.bytes, put.etag],
        );
      }
    },
  },
  {
    name: "changes the ETag with the content, however quickly one follows the other",
    async run(bucket) {
      const etags = new Set<string>();
      for (let index = 0; index < 50; index++)
        etags.add((await bucket.put("a", String(index % 10) + String(index).padStart(2))).etag);
      expectEqual("Different ETags of 50 contents of one length", etags.size, 50);
    },
  },
  {
    name: "creates with onlyIfAbsent, and refuses when there is an object",
    async run(bucket) {
      await bucket.put("a/b", "first", { onlyIfAbsent: true });
      await expectRejection("A second onlyIfAbsent", "object_exists", () =>
        bucket.put("a/b", "second", { onlyIfAbsent: true }),
      );
      await expectContent(bucket, "a/b", "first");
      await bucket.delete("a/b");
      await bucket.put("a/b", "third", { onlyIfAbsent: true });
      await expectContent(bucket, "a/b", "third");
    },
  },
  {
    name: "lets one of 20 win that put the same key with onlyIfAbsent",
    async run(bucket) {
      const racers = Array.from({ length: 20 }, (_, index) => `racer ${index}`);
      const failures = await Promise.all(
        racers.map((text) => failureOf(() => bucket.put("a/b", text, { onlyIfAbsent: true }))),
      );
      const losers = failures.filter((failure) => failure !== undefined);
      for (const { error } of losers) {
        expectTrue(
          `a loser gets object_exists, not ${String(error)}`,
          isSimpleTasksError(error, "object_exists"),
        );
      }
      expectEqual("The number of losers", losers.length, 19);
      await expectContent(bucket, "a/b", racers[failures.indexOf(undefined)] ?? "");
    },
  },
  {
    name: "ends with one of the objects, whole, when many are put under one key at once",
    async run(bucket) {
      const contents = Array.from({ length: 8 }, (_, index) => patternOf(100_000 + index, index + 1));
      await Promise.all(contents.map((content) => bucket.put("a/b", content)));
      const got = await readAll(bucket, "a/b");
      expectTrue(
        "the object is one of those put",
        contents.some((content) => content.equals(got)),
      );
    },
  },
  {
    name: "deletes an object, and takes one that is not there as deleted",
    async run(bucket) {
      await bucket.delete("not/there");
      await bucket.put("a/b", "content");
      await bucket.put("a/c", "other");
      await bucket.delete("a/b");
      await bucket.delete("a/b");
      expectEqual("head of a deleted object", await bucket.head("a/b"), undefined);
      await expectRejection("get of a deleted object", "object_missing", () => bucket.get("a/b"));
      expectEqual("The listed keys", await listedKeys(bucket), ["a/c"]);
    },
  },
  {
    name: "takes puts and deletes of neighbours at the same time",
    async run(bucket) {
      const keys = Array.from({ length: 6 }, (_, index) => `a/b/c/${index}`);
      for (let round = 0; round < 5; round++) {
        await Promise.all(keys.map((key) => bucket.put(key, key)));
        // While the even ones go, the odd ones are put again: an emptied folder must not take them with it.
        await Promise.all(
          keys.map((key, index) => (index % 2 === 0 ? bucket.delete(key) : bucket.put(key, key))),
        );
        await Promise.all([bucket.put("a/x", "x"), ...keys.map((key) => bucket.delete(key))]);
        expectEqual("The listed keys", await listedKeys(bucket), ["a/x"]);
      }
    },
  },
  {
    name: "lets an object take the place of a folder whose objects were deleted, and the other way round",
    async run(bucket) {
      await bucket.put("a/b/c", "below");
      await bucket.delete("a/b/c");
      await bucket.put("a", "object");
      await bucket.delete("a");
      await bucket.put("a/b", "below again");
      expectEqual("The listed keys", await listedKeys(bucket), ["a/b"]);
    },
  },
];
