import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openDatasource } from "../../../shared/datasource/open.ts";
import { filesIn, memoryBucket, read, temporaryDirectory, testCache } from "../cache/fixtures.ts";

async function direct(objects: Readonly<Record<string, string>> = {}, limitBytes?: number) {
  const bucket = await memoryBucket(objects);
  const cache = await testCache({ limitBytes });
  const datasource = openDatasource({ bucket, cache });
  onTestFinished(() => datasource[Symbol.asyncDispose]());
  return { bucket, cache, datasource };
}

test("gets give the cache's own files, which stay until the datasource is disposed of", async () => {
  const { cache, datasource, bucket } = await direct({ "d/a": "a", "d/b": "b", other: "o" }, 2);
  const files = await datasource.get(["d/b", "d/a"]);
  expect(files).toEqual(["d/b", "d/a"].map((key) => path.join(cache.directory, key)));
  expect(await datasource.get("d/a")).toBe(files[1]);
  await read(cache, bucket, "other");
  expect(files.every((file) => existsSync(file))).toBe(true);
  await datasource[Symbol.asyncDispose]();
  expect(await cache.status()).toMatchObject({ pinnedEntries: 0 });
  await expect(datasource.get("d/a")).rejects.toMatchObject({ code: "closed" });
});

test("puts and deletes take effect at once, in bucket and cache", async () => {
  const { bucket, cache, datasource } = await direct({ gone: "gone" });
  const file = path.join(temporaryDirectory(), "file");
  writeFileSync(file, "file");
  await datasource.put({ a: "a", "d/b": Buffer.from("b") });
  await datasource.put("c", { file });
  await datasource.delete(["gone"]);
  expect(filesIn(cache.directory)).toEqual(["a", "c", "d/b"]);
  expect(readFileSync(await datasource.get("c"), "utf8")).toBe("file");
  expect([bucket.gets, await bucket.head("gone"), existsSync(file)]).toEqual([[], undefined, true]);
  expect(readdirSync(cache.workDirectory)).toEqual([]);
});

test("a put can go into the cache alone, and a get can look there alone or fetch anew", async () => {
  const { bucket, datasource } = await direct({ k: "old" });
  await datasource.put("local", "value", { onlyCache: true });
  expect(readFileSync(await datasource.get("local", { onlyCache: true }), "utf8")).toBe("value");
  expect(bucket.puts).toEqual([]);
  await expect(datasource.get("k", { onlyCache: true })).rejects.toMatchObject({ code: "object_missing" });
  await datasource.get("k");
  await datasource.get("k", { overrideCache: true });
  expect(bucket.gets).toEqual(["k", "k"]);
});

test("freshness is the datasource's own unless a call says otherwise", async () => {
  const { bucket, cache } = await direct({ k: "old" });
  await using datasource = openDatasource({ bucket, cache, freshness: "any" });
  await datasource.get("k");
  await bucket.put("k", "new");
  expect(readFileSync(await datasource.get("k"), "utf8")).toBe("old");
  using pin = await datasource.fetch("k", { freshness: "match" });
  expect(readFileSync(pin.path, "utf8")).toBe("new");
});

test("stages are attempts of their own", async () => {
  const { bucket, datasource } = await direct();
  await using one = datasource.stage();
  await using other = datasource.stage();
  await one.put("k", "one");
  await expect(other.get("k")).rejects.toMatchObject({ code: "object_missing" });
  await other.put("k", "other");
  expect(readFileSync(await one.get("k"), "utf8")).toBe("one");
  expect(bucket.puts).toEqual([]);
});

test("a caller that gave up gets `aborted`, and nothing is written", async () => {
  const { bucket, datasource } = await direct({ k: "v" });
  const signal = AbortSignal.abort();
  await expect(datasource.get("k", { signal })).rejects.toMatchObject({ code: "aborted" });
  await expect(datasource.put("k", "x", { signal })).rejects.toMatchObject({ code: "aborted" });
  await expect(datasource.delete("k", { signal })).rejects.toMatchObject({ code: "aborted" });
  expect([bucket.puts, (await bucket.head("k"))?.bytes]).toEqual([[], 1]);
});
