import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { isSimpleTasksError } from "../../errors.ts";
import type { Checksum, GetOptions } from "../bucket.ts";
import {
  expectBytes,
  expectEqual,
  expectRejection,
  expectTrue,
  failureOf,
  infoOf,
  patternOf,
  readAll,
} from "./expectations.ts";
import type { BucketRow } from "./row.ts";

/** What `get` and `head` must do. */
export const readRows: readonly BucketRow[] = [
  {
    name: "says that an object is missing",
    async run(bucket) {
      await bucket.put("a/b", "content");
      for (const key of ["missing", "a/missing", "missing/b", "a/b2"]) {
        expectEqual(`head(${key})`, await bucket.head(key), undefined);
        await expectRejection(`get(${key})`, "object_missing", () => bucket.get(key));
      }
    },
  },
  {
    name: "does not take a folder, or what would lie below an object, for an object",
    async run(bucket) {
      await bucket.put("a/b", "content");
      for (const key of ["a", "a/b/c"]) {
        expectEqual(`head(${key})`, await bucket.head(key), undefined);
        await expectRejection(`get(${key})`, "object_missing", () => bucket.get(key));
        await bucket.delete(key);
      }
      expectEqual("The length of the object", (await infoOf(bucket, "a/b")).bytes, 7);
    },
  },
  {
    name: "reads ranges, both ends included, and reports the whole object beside them",
    async run(bucket) {
      await bucket.put("a", "0123456789");
      const ranges: readonly (readonly [NonNullable<GetOptions["range"]>, string])[] = [
        [{ start: 0, end: 0 }, "0"],
        [{ start: 2, end: 5 }, "2345"],
        [{ start: 9, end: 9 }, "9"],
        [{ start: 3 }, "3456789"],
        [{ start: 0 }, "0123456789"],
        [{ start: 8, end: 100 }, "89"],
      ];
      for (const [range, expected] of ranges) {
        expectEqual(
          `Bytes ${JSON.stringify(range)}`,
          (await readAll(bucket, "a", { range })).toString(),
          expected,
        );
      }
      const { info, body } = await bucket.get("a", { range: { start: 2, end: 3 } });
      for await (const chunk of body) expectEqual("The length of the range", chunk.byteLength, 2);
      expectEqual("The length beside a range", info.bytes, 10);
    },
  },
  {
    name: "reads ranges of 5 MiB, wherever they lie",
    async run(bucket) {
      const content = patternOf(5 * 1024 * 1024);
      await bucket.put("a", content);
      const whole = content.byteLength;
      for (const [start, end] of [
        [0, 0],
        [65_535, 65_536],
        [262_143, 262_145],
        [1_000_000, 3_999_999],
        [whole - 1, whole - 1],
        [1, whole - 1],
      ] as const) {
        expectBytes(
          `Bytes ${start}–${end}`,
          await readAll(bucket, "a", { range: { start, end } }),
          content.subarray(start, end + 1),
        );
      }
    },
  },
  {
    name: "refuses a range that names no byte of the object",
    async run(bucket) {
      await bucket.put("a", "0123456789");
      await bucket.put("empty", "");
      for (const range of [
        { start: 10 },
        { start: 10, end: 12 },
        { start: -1 },
        { start: 5, end: 4 },
        { start: 0.5 },
        { start: Number.NaN },
      ]) {
        await expectRejection(`get with ${JSON.stringify(range)}`, "range_invalid", () =>
          readAll(bucket, "a", { range }),
        );
      }
      await expectRejection("get of a range of nothing", "range_invalid", () =>
        readAll(bucket, "empty", { range: { start: 0 } }),
      );
    },
  },
  {
    name: "reads only the object with the ETag of ifMatch",
    async run(bucket) {
      const { etag } = await bucket.put("a", "first");
      expectEqual(
        "get with the right ETag",
        (await readAll(bucket, "a", { ifMatch: etag })).toString(),
        "first",
      );
      await bucket.put("a", "other");
      await expectRejection("get with the ETag of before", "object_changed", () =>
        readAll(bucket, "a", { ifMatch: etag }),
      );
      await bucket.delete("a");
      await expectRejection("get of a deleted object", "object_missing", () =>
        readAll(bucket, "a", { ifMatch: etag }),
      );
    },
  },
  {
    name: "gives one whole content or object_changed when the object is replaced while it is read",
    async run(bucket) {
      const [before, after] = [patternOf(3_000_000, 1), patternOf(3_000_000, 2)];
      await bucket.put("a", before);
      const { body } = await bucket.get("a");
      const chunks: Uint8Array[] = [];
      const failure = await failureOf(async () => {
        for await (const chunk of body) {
          if (chunks.length === 0) await bucket.put("a", after);
          chunks.push(chunk);
        }
      });
      if (failure === undefined) expectBytes("What was read", Buffer.concat(chunks), before);
      else
        expectTrue(
          `the error is object_changed, not ${String(failure.error)}`,
          isSimpleTasksError(failure.error, "object_changed"),
        );
      expectBytes("The object afterwards", await readAll(bucket, "a"), after);
    },
  },
  {
    name: "never shows a half-written object to readers",
    async run(bucket) {
      const contents = [patternOf(300_000, 1), patternOf(400_000, 2)];
      await bucket.put("a", contents[0] ?? "");
      const writing = new AbortController();
      const write = async (): Promise<void> => {
        try {
          for (let round = 0; round < 10; round++) await bucket.put("a", contents[round % 2] ?? "");
        } finally {
          writing.abort();
        }
      };
      const read = async (): Promise<void> => {
        while (!writing.signal.aborted) {
          let got: Buffer | undefined;
          const failure = await failureOf(async () => (got = await readAll(bucket, "a")));
          if (failure === undefined)
            expectTrue(
              "what was read is one of the contents",
              contents.some((content) => got?.equals(content)),
            );
          else
            expectTrue(
              `the error is object_changed, not ${String(failure.error)}`,
              isSimpleTasksError(failure.error, "object_changed"),
            );
        }
      };
      await Promise.all([write(), read(), read()]);
    },
  },
  {
    name: "lets a reader stop early",
    async run(bucket) {
      await bucket.put("a", patternOf(2_000_000));
      for await (const chunk of (await bucket.get("a")).body) {
        expectTrue("the first chunk is not empty", chunk.byteLength > 0);
        break;
      }
      await bucket.get("a");
      await bucket.put("a", "replaced");
      expectEqual("The object afterwards", (await readAll(bucket, "a")).toString(), "replaced");
    },
  },
  {
    name: "gives a read up when its signal fires",
    async run(bucket) {
      await bucket.put("a", patternOf(5 * 1024 * 1024));
      const controller = new AbortController();
      const { body } = await bucket.get("a", { signal: controller.signal });
      await expectRejection("A read whose signal fires", "aborted", async () => {
        for await (const chunk of body) if (chunk.byteLength > 0) controller.abort();
      });
    },
  },
  {
    name: "gives a checksum of the content when head is asked for one",
    async run(bucket) {
      for (const content of [Buffer.alloc(0), patternOf(1_000_000)]) {
        await bucket.put("a", content);
        const checksum = (await bucket.head("a", { checksum: true }))?.checksum;
        if (checksum === undefined)
          throw new Error("head with checksum: expected a checksum, but there is none.");
        expectTrue(`${checksum.value} is lower-case hexadecimal`, /^([0-9a-f]{2})+$/.test(checksum.value));
        const expected = digestOf(checksum.algorithm, content);
        if (expected !== undefined) expectEqual(`The ${checksum.algorithm}`, checksum.value, expected);
      }
      expectEqual("head of a missing object", await bucket.head("b", { checksum: true }), undefined);
    },
  },
];

/** The digest, where Node computes it; a CRC of another polynomial is believed. */
function digestOf(algorithm: Checksum["algorithm"], content: Buffer): string | undefined {
  if (algorithm === "crc32") return crc32(content).toString(16).padStart(8, "0");
  if (algorithm === "crc32c" || algorithm === "crc64nvme") return undefined;
  return createHash(algorithm).update(content).digest("hex");
}
