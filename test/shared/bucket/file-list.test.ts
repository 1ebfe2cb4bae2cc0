import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Bucket } from "../../../shared/bucket/bucket.ts";
import { openFileBucket } from "../../../shared/bucket/file.ts";
import { compareKeys } from "../../../shared/bucket/key.ts";
import { temporaryDirectory } from "./temporary-directory.ts";
import { tracedFiles } from "./traced-files.ts";

/** A bucket on `directory` and the directories that it read since `read` was last emptied. */
async function watchedBucket(directory: string): Promise<{ bucket: Bucket; read: string[] }> {
  const read: string[] = [];
  const files = tracedFiles(({ operation, path }) => {
    if (operation === "readdir") read.push(relative(directory, path));
  });
  return { bucket: await openFileBucket({ directory, files }), read };
}

async function allKeys(bucket: Bucket, max: number, prefix = ""): Promise<string[]> {
  const keys: string[] = [];
  let after: string | undefined;
  do {
    const page = await bucket.list({ max, prefix, after });
    keys.push(...page.objects.map((object) => object.key));
    after = page.next;
  } while (after !== undefined);
  return keys;
}

function write(directory: string, key: string): void {
  mkdirSync(join(directory, key, ".."), { recursive: true });
  writeFileSync(join(directory, key), "");
}

describe("listing a file bucket", () => {
  it("reads only the directories in which the page lies", async () => {
    const directory = temporaryDirectory();
    for (const name of ["a", "b", "c", "d"])
      for (const index of [1, 2, 3]) write(directory, `${name}/x/${index}`);
    const { bucket, read } = await watchedBucket(directory);
    const first = await bucket.list({ max: 2 });
    expect(read).toEqual(["", "a", "a/x"]);
    read.length = 0;
    await bucket.list({ max: 2, after: "c/x/1" });
    expect(read).toEqual(["", "c", "c/x", "d", "d/x"]);
    read.length = 0;
    await bucket.list({ prefix: "d/x/1" });
    expect(read).toEqual(["d/x"]);
    expect(first.next).toBe("a/x/2");
  });

  it("reads a large directory once for all its pages, and again as soon as it changes", async () => {
    const directory = temporaryDirectory();
    const keys = Array.from({ length: 1500 }, (_, index) => `big/${String(index).padStart(5, "0")}`);
    for (const key of keys) write(directory, key);
    const longAgo = Date.now() / 1000 - 60;
    utimesSync(join(directory, "big"), longAgo, longAgo);
    const { bucket, read } = await watchedBucket(directory);
    expect(await allKeys(bucket, 200, "big/")).toEqual(keys);
    expect(read).toEqual(["big"]);
    await bucket.put("big/00000a", "");
    await bucket.delete("big/00001");
    const changed = [...keys, "big/00000a"].filter((key) => key !== "big/00001").sort();
    expect(await allKeys(bucket, 700, "big/")).toEqual(changed);
  });

  it("lists the files of others, but no empty directories and no names that are no keys", async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, "empty/inner"), { recursive: true });
    write(directory, "theirs/file.dat");
    write(directory, "..\\..\\evil");
    write(directory, "C:drive");
    write(directory, `${`${"x".repeat(200)}/`.repeat(6)}too-long`);
    writeFileSync(Buffer.concat([Buffer.from(`${directory}/not-utf8-`), Buffer.from([0xff, 0xfe])]), "");
    await using bucket = await openFileBucket({ directory });
    expect((await bucket.list()).objects.map((object) => object.key)).toEqual(["theirs/file.dat"]);
  });

  it("gives every set of keys in order, whatever the prefix, the page and the cursor", async () => {
    const part = fc.constantFrom("a", "b", "a-", "a.b", "a0", "é", "𝒳", "\uffee", "-");
    const key = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
    const cut = fc.tuple(key, fc.integer({ min: 0, max: 8 })).map(([text, length]) => text.slice(0, length));
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(key, { maxLength: 12 }),
        cut,
        cut,
        fc.integer({ min: 1, max: 5 }),
        async (candidates, prefix, after, max) => {
          // A path is a file or a directory.
          const keys = candidates.filter((one) => !candidates.some((other) => other.startsWith(`${one}/`)));
          const directory = temporaryDirectory();
          for (const one of keys) write(directory, one);
          await using bucket = await openFileBucket({ directory });
          const sorted = keys.sort(compareKeys);
          expect(await allKeys(bucket, max)).toEqual(sorted);
          const expected = sorted.filter((one) => one.startsWith(prefix) && compareKeys(one, after) > 0);
          const page = await bucket.list({ prefix, after, max });
          expect(page.objects.map((object) => object.key)).toEqual(expected.slice(0, max));
          expect(page.next).toBe(expected.length > max ? expected[max - 1] : undefined);
        },
      ),
      { numRuns: 150 },
    );
  });
});
