import type { Bucket } from "../bucket.ts";
import { compareKeys } from "../key.ts";
import { expectEqual, expectRejection, expectTrue, infoOf, listedKeys } from "./expectations.ts";
import type { BucketRow } from "./row.ts";

/** In the order of their UTF-8 bytes, which is neither that of UTF-16 nor that of directories. */
const ORDERED = [
  "N/z",
  "Z",
  "a-b/c",
  "a.b",
  "a/!",
  "a/b-c",
  "a/b/c",
  "a/b0",
  "a0",
  "aa/1",
  "aa/10",
  "aa/2",
  "é",
  "\ue000x",
  "\uffeex",
  "𝒳/1",
];

/** What `list` must do. */
export const listRows: readonly BucketRow[] = [
  {
    name: "lists nothing when there is nothing",
    async run(bucket) {
      expectEqual("A page of an empty bucket", await bucket.list(), { objects: [] });
      expectEqual("A page of an unknown prefix", await bucket.list({ prefix: "not/there" }), { objects: [] });
    },
  },
  {
    name: "lists in the order of the keys' UTF-8 bytes",
    async run(bucket) {
      await putAll(bucket, ORDERED);
      expectEqual("The listed keys", await listedKeys(bucket), ORDERED);
    },
  },
  {
    name: "lists what begins with a prefix, wherever the prefix ends",
    async run(bucket) {
      await putAll(bucket, ORDERED);
      for (const prefix of [
        "a",
        "a/",
        "a/b",
        "a/b/",
        "a/b/c",
        "a/b/c/",
        "aa/1",
        "é",
        "𝒳",
        "N/z",
        "a//",
        "/",
        "../",
        "./",
        "\\",
        "C:",
        "zz",
      ]) {
        const expected = ORDERED.filter((key) => key.startsWith(prefix));
        expectEqual(
          `The keys with prefix ${JSON.stringify(prefix)}`,
          await listedKeys(bucket, { prefix }),
          expected,
        );
        expectEqual(`The same in pages of 2`, await listedKeys(bucket, { prefix, max: 2 }), expected);
      }
    },
  },
  {
    name: "lists the same in pages of every size, with a next exactly when there is more",
    async run(bucket) {
      await putAll(bucket, ORDERED);
      for (const max of [1, 2, 5, ORDERED.length - 1, ORDERED.length, 1000]) {
        expectEqual(`The keys in pages of ${max}`, await listedKeys(bucket, { max }), ORDERED);
        const page = await bucket.list({ max });
        expectEqual(
          `The length of the first page of ${max}`,
          page.objects.length,
          Math.min(max, ORDERED.length),
        );
        expectEqual(`Whether a page of ${max} has a next one`, page.next !== undefined, max < ORDERED.length);
      }
    },
  },
  {
    name: "lists what comes after any text, a key or not",
    async run(bucket) {
      await putAll(bucket, ORDERED);
      for (const after of [
        "",
        "A",
        "Z",
        "a",
        "a/",
        "a/b",
        "a/b/",
        "a/b/c",
        "a/b/c/d",
        "a0",
        "aa/1",
        "aa/11",
        "b",
        "\uffff",
        "𝒳/1",
        "😀",
      ]) {
        const expected = ORDERED.filter((key) => compareKeys(key, after) > 0);
        expectEqual(
          `The keys after ${JSON.stringify(after)}`,
          await listedKeys(bucket, { after, max: 3 }),
          expected,
        );
        const under = expected.filter((key) => key.startsWith("a/"));
        expectEqual(
          `Those under a/ after ${JSON.stringify(after)}`,
          await listedKeys(bucket, { after, prefix: "a/" }),
          under,
        );
      }
    },
  },
  {
    name: "skips and repeats nothing while others put and delete between two pages",
    async run(bucket) {
      const keys = Array.from({ length: 30 }, (_, index) => `k/${String(index).padStart(2, "0")}`);
      await putAll(bucket, keys);
      const first = await bucket.list({ max: 10 });
      expectTrue("a page of 10 of 30 has a next one", first.next !== undefined);
      await bucket.delete("k/03");
      await bucket.delete("k/09");
      await bucket.put("j", "before the cursor");
      await bucket.put("k/155", "after it");
      await bucket.delete("k/20");
      const expected = [...keys.slice(10), "k/155"].filter((key) => key !== "k/20").sort(compareKeys);
      expectEqual("The pages that follow", await listedKeys(bucket, { max: 7, after: first.next }), expected);
    },
  },
  {
    name: "lists what head reports",
    async run(bucket) {
      await bucket.put("a/b", "four");
      await bucket.put("c", "");
      for (const object of (await bucket.list()).objects) {
        const head = await infoOf(bucket, object.key);
        expectEqual(`bytes and ETag of ${object.key}`, [object.bytes, object.etag], [head.bytes, head.etag]);
      }
    },
  },
  {
    name: "sees at once what was put and deleted",
    async run(bucket) {
      for (let index = 0; index < 5; index++) {
        await bucket.put(`a/${index}`, "x");
        expectEqual("The keys after a put", await listedKeys(bucket), [`a/${index}`]);
        await bucket.delete(`a/${index}`);
        expectEqual("The keys after a delete", await listedKeys(bucket), []);
      }
    },
  },
  {
    name: "refuses a page length that is not 1 to 1,000",
    async run(bucket) {
      for (const max of [0, -1, 1001, 1.5, Number.NaN]) {
        await expectRejection(`list with max ${max}`, "range_invalid", () => bucket.list({ max }));
      }
    },
  },
];

async function putAll(bucket: Bucket, keys: readonly string[]): Promise<void> {
  await Promise.all(keys.map((key) => bucket.put(key, key)));
}
