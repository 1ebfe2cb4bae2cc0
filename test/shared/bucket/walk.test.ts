import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Bucket, ListOptions } from "../../../shared/bucket/bucket.ts";
import { compareKeys } from "../../../shared/bucket/key.ts";
import { createMemoryBucket } from "../../../shared/bucket/memory.ts";
import { levelOf, objectsWith } from "../../../shared/bucket/walk.ts";

async function bucketOf(keys: readonly string[]): Promise<{ bucket: Bucket; lists: ListOptions[] }> {
  const memory = createMemoryBucket({ name: "" });
  for (const key of keys) await memory.put(key, key);
  const lists: ListOptions[] = [];
  const list: Bucket["list"] = (options = {}) => {
    lists.push(options);
    return memory.list(options);
  };
  return { bucket: { ...memory, list }, lists };
}

async function namesOf(bucket: Bucket, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for await (const item of levelOf(bucket, prefix, undefined)) {
    names.push(item.kind === "folder" ? item.prefix : item.object.key);
  }
  return names;
}

const part = fc.constantFrom("a", "b", "ab", "a.b", "0", "\u{10ffff}", "\u{10ffff}z", "ä", "\uffff");
const key = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));

describe("one level of a bucket", () => {
  it("has each object once, and each folder once in the place of all that lies in it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(key, { maxLength: 40 }), fc.option(key), async (keys, prefixKey) => {
        const { bucket } = await bucketOf(keys);
        for (const prefix of ["", prefixKey ?? "a/", `${prefixKey ?? "b"}/`]) {
          const expected = new Set<string>();
          for (const found of keys.toSorted(compareKeys)) {
            if (!found.startsWith(prefix)) continue;
            const slash = found.indexOf("/", prefix.length);
            expected.add(slash === -1 ? found : found.slice(0, slash + 1));
          }
          expect(await namesOf(bucket, prefix)).toEqual([...expected]);
        }
      }),
    );
  });

  it("skips what lies in folders", async () => {
    const inFolder = (name: string): string[] =>
      Array.from({ length: 5000 }, (_, index) => `${name}/${String(index).padStart(4, "0")}`);
    const { bucket, lists } = await bucketOf([...inFolder("a"), "b", ...inFolder("c"), "d"]);
    expect(await namesOf(bucket, "")).toEqual(["a/", "b", "c/", "d"]);
    expect(lists.length).toBeLessThanOrEqual(4);
  });

  it("of many objects is read in long pages, also behind a folder", async () => {
    const objects = Array.from({ length: 3000 }, (_, index) => `b${String(index).padStart(4, "0")}`);
    const { bucket, lists } = await bucketOf([
      ...Array.from({ length: 2000 }, (_, index) => `a/${index}`),
      ...objects,
    ]);
    expect(await namesOf(bucket, "")).toEqual(["a/", ...objects]);
    // One finds the folder, those behind it double from 2 to 1,000.
    expect(lists.length).toBeLessThanOrEqual(1 + 10 + 3);
  });
});

it("every object is read a page at a time, when it is asked for", async () => {
  const keys = Array.from({ length: 2500 }, (_, index) => `k/${String(index).padStart(4, "0")}`);
  const { bucket, lists } = await bucketOf([...keys, "l"]);
  const found: string[] = [];
  for await (const object of objectsWith(bucket, "k/", undefined)) {
    found.push(object.key);
    expect(lists.length).toBe(Math.ceil(found.length / 1000));
  }
  expect(found).toEqual(keys);
});
