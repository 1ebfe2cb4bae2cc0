import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Bucket } from "../../../shared/bucket/bucket.ts";
import { bucketContract } from "../../../shared/bucket/contract.ts";
import { listedKeys, readAll } from "../../../shared/bucket/contract/expectations.ts";
import { createMemoryBucket } from "../../../shared/bucket/memory.ts";
import { createOverlayBucket, type OverlayBucket } from "../../../shared/bucket/overlay.ts";

async function overlayOn(contents: Readonly<Record<string, string>>): Promise<{
  readonly overlay: OverlayBucket;
  readonly beneath: Bucket;
  readonly above: Bucket;
}> {
  const beneath = createMemoryBucket({ name: "real" });
  for (const [key, content] of Object.entries(contents)) await beneath.put(key, content);
  const above = createMemoryBucket({ name: "scratch" });
  return { overlay: createOverlayBucket({ beneath, above }), beneath, above };
}

/** Every object with its contents. */
async function contentsOf(bucket: Bucket): Promise<Record<string, string>> {
  const contents: Record<string, string> = {};
  for (const key of await listedKeys(bucket)) contents[key] = (await readAll(bucket, key)).toString();
  return contents;
}

describe("an overlay over an empty bucket", () => {
  const open = async (): Promise<Bucket> => (await overlayOn({})).overlay;
  for (const { name, run } of bucketContract({ open })) test(name, run);
});

describe("an overlay over a bucket whose objects were all deleted in it", () => {
  const keys = ["a", "a/b", "b", "c", "k/05", "old", "x/y", "zz"];
  const open = async (): Promise<Bucket> => {
    const { overlay } = await overlayOn(Object.fromEntries(keys.map((key) => [key, "beneath"])));
    for (const key of keys) await overlay.delete(key);
    return overlay;
  };
  for (const { name, run } of bucketContract({ open })) test(name, run);
});

describe("an overlay over objects", () => {
  test("shows them, and under the same keys what was put over them", async () => {
    const { overlay, beneath } = await overlayOn({ a: "beneath", b: "beneath" });
    const { etag } = await overlay.put("b", "above");
    expect(await contentsOf(overlay)).toEqual({ a: "beneath", b: "above" });
    expect(await overlay.head("b")).toMatchObject({ etag, bytes: 5 });
    expect(await contentsOf(beneath)).toEqual({ a: "beneath", b: "beneath" });
  });

  test("refuses to put where an object must be absent, above or beneath, unless it was deleted", async () => {
    const { overlay } = await overlayOn({ a: "beneath" });
    const put = (key: string) => overlay.put(key, "above", { onlyIfAbsent: true });
    await expect(put("a")).rejects.toMatchObject({ code: "object_exists" });
    await overlay.delete("a");
    await put("a");
    await expect(put("a")).rejects.toMatchObject({ code: "object_exists" });
  });

  test("says which object beneath was changed under a reader's ETag", async () => {
    const { overlay, beneath } = await overlayOn({ a: "beneath" });
    const etag = (await beneath.head("a"))?.etag;
    expect((await readAll(overlay, "a", { ifMatch: etag })).toString()).toBe("beneath");
    await overlay.put("a", "above");
    await expect(overlay.get("a", { ifMatch: etag })).rejects.toMatchObject({ code: "object_changed" });
  });

  test("tells what was deleted and not put again", async () => {
    const { overlay } = await overlayOn({ a: "1", b: "2", c: "3" });
    await Promise.all(["c", "b", "a"].map((key) => overlay.delete(key)));
    await overlay.put("b", "again");
    expect(overlay.deleted).toEqual(["a", "c"]);
  });

  test("names the bucket beneath, in whose place it stands", async () => {
    const { overlay } = await overlayOn({});
    expect(overlay.url).toBe("memory:real");
    await expect(overlay.get("missing")).rejects.toThrow("memory:real");
  });

  test("leaves both buckets open when it is closed", async () => {
    const { overlay, beneath, above } = await overlayOn({ a: "beneath" });
    await overlay[Symbol.asyncDispose]();
    expect(await listedKeys(beneath)).toEqual(["a"]);
    expect(await listedKeys(above)).toEqual([]);
  });

  test("is as a bucket of its own that began as a copy, whatever is done, and changes nothing beneath", async () => {
    const key = fc.constantFrom("a", "a/b", "a/c", "b", "b0", "c/d/e", "é", "😀");
    const contents = fc.dictionary(key, fc.string({ maxLength: 3 }));
    const step = fc.oneof(
      fc.record({ kind: fc.constant("put" as const), key, content: fc.string({ maxLength: 3 }) }),
      fc.record({ kind: fc.constant("delete" as const), key, content: fc.constant("") }),
    );
    await fc.assert(
      fc.asyncProperty(
        contents,
        fc.array(step),
        fc.integer({ min: 1, max: 4 }),
        async (before, steps, max) => {
          const { overlay, beneath } = await overlayOn(before);
          const model = new Map(Object.entries(before));
          for (const { kind, key, content } of steps) {
            await (kind === "put" ? overlay.put(key, content) : overlay.delete(key));
            if (kind === "put") model.set(key, content);
            else model.delete(key);
          }
          expect(await contentsOf(overlay)).toEqual(Object.fromEntries(model));
          const order = [...model.keys()].sort((left, right) =>
            Buffer.compare(Buffer.from(left), Buffer.from(right)),
          );
          expect(await listedKeys(overlay, { max })).toEqual(order);
          expect(await listedKeys(overlay, { max, prefix: "a/" })).toEqual(
            order.filter((one) => one.startsWith("a/")),
          );
          expect(await contentsOf(beneath)).toEqual(before);
        },
      ),
      { numRuns: 100 },
    );
  });
});
