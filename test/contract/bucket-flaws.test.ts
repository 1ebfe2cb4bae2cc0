import { describe, expect, test } from "vitest";
import type { Bucket } from "../../shared/bucket/bucket.ts";
import { bucketContract } from "../../shared/bucket/contract.ts";
import { createMemoryBucket } from "../../shared/bucket/memory.ts";

/** Mistakes that a driver may make, each as what it does to a bucket that makes none, and a row of the contract that must see it. */
const flaws: readonly (readonly [string, (bucket: Bucket) => Partial<Bucket>, string])[] = [
  [
    "looks whether there is an object, and puts later",
    (bucket) => ({
      async put(key, source, options = {}) {
        const found = await bucket.head(key, options);
        await Promise.resolve();
        return bucket.put(key, source, {
          ...options,
          onlyIfAbsent: options.onlyIfAbsent === true && found !== undefined,
        });
      },
    }),
    "lets one of 20 win that put the same key with onlyIfAbsent",
  ],
  [
    "loses the last byte of large objects",
    (bucket) => ({
      async get(key, options) {
        const { info, body } = await bucket.get(key, options);
        return { info, body: info.bytes > 1_000_000 ? shortened(body) : body };
      },
    }),
    "stores 5 MiB from bytes, a file and a stream of uneven chunks",
  ],
  [
    "ignores ranges",
    (bucket) => ({ get: (key, { range: _ignored, ...options } = {}) => bucket.get(key, options) }),
    "reads ranges, both ends included, and reports the whole object beside them",
  ],
  [
    "ignores ifMatch",
    (bucket) => ({ get: (key, { ifMatch: _ignored, ...options } = {}) => bucket.get(key, options) }),
    "reads only the object with the ETag of ifMatch",
  ],
  [
    "takes the length for the ETag",
    (bucket) => ({
      async put(key, source, options) {
        const info = await bucket.put(key, source, options);
        return { ...info, etag: String(info.bytes) };
      },
    }),
    "changes the ETag with the content, however quickly one follows the other",
  ],
  [
    "lists in the order of UTF-16",
    (bucket) => ({
      async list(options) {
        const page = await bucket.list(options);
        return { ...page, objects: page.objects.toSorted((a, b) => (a.key < b.key ? -1 : 1)) };
      },
    }),
    "lists in the order of the keys' UTF-8 bytes",
  ],
  [
    "takes a prefix for a folder",
    (bucket) => ({
      list: (options = {}) =>
        bucket.list({
          ...options,
          prefix: options.prefix === undefined ? undefined : options.prefix.replace(/[^/]*$/, ""),
        }),
    }),
    "lists what begins with a prefix, wherever the prefix ends",
  ],
  [
    "gives a next page after the last one",
    (bucket) => ({
      async list(options) {
        const page = await bucket.list(options);
        const last = page.objects.at(-1);
        return last === undefined ? page : { ...page, next: last.key };
      },
    }),
    "lists the same in pages of every size, with a next exactly when there is more",
  ],
  [
    "fails to delete what is not there",
    (bucket) => ({
      async delete(key, options) {
        if ((await bucket.head(key)) === undefined) throw new Error("no such object");
        await bucket.delete(key, options);
      },
    }),
    "deletes an object, and takes one that is not there as deleted",
  ],
  [
    "answers after it was closed",
    (bucket) => ({ list: async (options) => bucket.list(options).catch(() => ({ objects: [] })) }),
    "refuses to be used after it was closed",
  ],
];

async function* shortened(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) yield chunk.subarray(0, chunk.byteLength - 1);
}

describe("the contract of buckets sees a driver that", () => {
  test.each(flaws)("%s", async (_flaw, mistake, row) => {
    const open = async (): Promise<Bucket> => {
      const bucket = createMemoryBucket();
      return { ...bucket, ...mistake(bucket) };
    };
    const failed: string[] = [];
    for (const { name, run } of bucketContract({ open })) {
      const outcome = await run().then(
        () => "kept",
        (error: unknown) => error,
      );
      if (outcome !== "kept") failed.push(name);
    }
    expect(failed).toContain(row);
  });
});

describe("the contract of buckets", () => {
  test("names the rows that it skips with the reason, and asks for a refusal in their place", () => {
    const open = async (): Promise<Bucket> => createMemoryBucket();
    const all = bucketContract({ open });
    const fewer = bucketContract({ open, lacks: { besides: "no folders" } });
    expect(all.filter((row) => row.skipped !== undefined)).toEqual([]);
    expect(fewer.flatMap((row) => row.skipped ?? [])).toEqual(["no folders"]);
    expect(fewer).toHaveLength(all.length + 1);
    expect(new Set(fewer.map((row) => row.name)).size).toBe(fewer.length);
  });
});
