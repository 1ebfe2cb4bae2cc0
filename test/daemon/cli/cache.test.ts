import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Bucket } from "../../../shared/bucket/bucket.ts";
import { openBucket } from "../../../shared/bucket/open.ts";
import type { Cache } from "../../../shared/cache/cache.ts";
import { openCache } from "../../../shared/cache/open.ts";
import { end, makeFolder, type Folder } from "./command-line.ts";
import { hasTerminal, runOnTerminal } from "./on-terminal.ts";

let folder: Folder;
let bucket: Bucket;
let cache: Cache;
beforeEach(async () => {
  folder = await makeFolder();
  bucket = await openBucket("file:.simpletasks/bucket", { baseDirectory: folder.path });
  cache = await openCache({ directory: folder.file(".simpletasks", "cache") });
});
afterEach(async () => {
  await cache[Symbol.asyncDispose]();
  await bucket[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** Objects of three bytes that lie in the bucket and in the cache. */
async function cached(...keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    await bucket.put(key, "abc");
    (await cache.fetch(bucket, key)).release();
  }
}

function file(key: string): string {
  return folder.file(".simpletasks", "cache", key);
}

describe("cache status", () => {
  it("shows what is there, what is in use, and by whom", async () => {
    await cached("a", "b");
    using pin = await cache.fetch(bucket, "b");
    const { code, out } = await folder.run(["cache", "status"]);
    expect(code).toBe(0);
    expect(out.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
      ["directory", cache.directory],
      ["cached", "2 files, 6 B"],
      [
        "limit",
        expect.stringMatching(
          /^[\d.]+ [KMGT]B \(80 % of what is free and cached; cache_bytes sets another\)$/,
        ),
      ],
      ["in use", "1 file, 3 B"],
      ["opened by", `process ${process.pid}`],
      [""],
    ]);
    const { out: json } = await folder.run(["cache", "status", "--json"]);
    expect(JSON.parse(json)).toEqual({
      directory: cache.directory,
      entries: 2,
      bytes: 6,
      limit_bytes: expect.any(Number),
      pinned_entries: 1,
      pinned_bytes: pin.bytes,
      processes: [process.pid],
    });
  });

  it("has the limit of the settings, which daemons keep", async () => {
    await cached("d/a", "d/b");
    await writeFile(folder.file("simpletasks.json"), '{"daemon":{"cache_bytes":5}}');
    const status = async (): Promise<string> => (await folder.run(["cache", "status"])).out;
    expect(await status()).toContain(`5 B (${folder.file("simpletasks.json")}:1)\n`);
    const task = '{"task":"NO_OP","base_directory":"d","inputs":["a","b"]}';
    await folder.run(["schedule", "-"], { input: task });
    await folder.run(["daemon", "--until-drained"]);
    expect((await cache.status()).bytes).toBeLessThanOrEqual(5);
  });

  it.each([["status"], ["verify"], ["clear"]])("%s makes no cache where there is none", async (command) => {
    const { code, out, err } = await folder.run(["cache", command, "--cache", "none"]);
    expect({ code, out }).toEqual({ code: 0, out: "" });
    expect(err).toBe(
      `there is no cache in ${folder.file("none")} yet: a daemon makes it when it first runs\n`,
    );
    const { out: json } = await folder.run(["cache", command, "--cache", "none", "--json"]);
    expect(JSON.parse(json)).toBeTypeOf("object");
    expect(existsSync(folder.file("none"))).toBe(false);
  });

  it("refuses a cache that others may enter, unless it is shared on purpose", async () => {
    await cached("a");
    await chmod(cache.directory, 0o755);
    const { code, err } = await folder.run(["cache", "status"]);
    expect(code).toBe(1);
    expect(err).toMatch(/others may enter it.*\nhint: .*--shared-cache/);
    expect((await folder.run(["cache", "status", "--shared-cache"])).code).toBe(0);
    const put = await folder.run(["bucket", "put", "-", "a", "--yes"], { input: "new" });
    expect(put).toMatchObject({
      code: 0,
      err: expect.stringMatching(/^this machine's cache was not told: .*others may/),
    });
  });
});

describe("cache verify", () => {
  it("finds what is damaged, removes it, and says so with its exit code", async () => {
    await cached("a", "d/good", "d/\u001b[2Jbad");
    expect(await folder.run(["cache", "verify"])).toEqual({
      code: 0,
      out: "",
      err: "checked 3 files, removed 0\n",
    });
    await writeFile(file("d/\u001b[2Jbad"), "ABC");
    const { code, out, err } = await folder.run(["cache", "verify"]);
    expect({ code, err }).toEqual({ code: 1, err: "checked 3 files, removed 1\n" });
    expect(out).toBe("REMOVED  KEY\n" + String.raw`damaged  d/\u{1b}[2Jbad` + "\n");
    expect(existsSync(file("d/\u001b[2Jbad"))).toBe(false);
    using again = await cache.fetch(bucket, "d/\u001b[2Jbad");
    expect([again.hit, await readFile(again.path, "utf8")]).toEqual([false, "abc"]);
  });

  it("with --with-bucket finds what is no longer the bucket's too", async () => {
    await cached("same", "replaced", "gone");
    await bucket.put("replaced", "xyz");
    await bucket.delete("gone");
    const { code, out } = await folder.run(["cache", "verify", "--with-bucket", "--json"]);
    expect({ code, ...JSON.parse(out) }).toEqual({
      code: 0,
      checked: 3,
      dropped: [
        { bucket: bucket.url, key: "gone", reason: "deleted" },
        { bucket: bucket.url, key: "replaced", reason: "stale" },
      ],
    });
    expect((await folder.run(["cache", "verify", "--with-bucket", "--bucket", "none"])).err).toMatch(
      /there is no bucket .* to compare with\nhint: /,
    );
  });
});

describe("cache clear", () => {
  it("removes what nobody needs; what is in use and what others put there stays", async () => {
    await cached("a", "d/b", "used");
    using _pin = await cache.fetch(bucket, "used");
    await mkdir(file("d"), { recursive: true });
    await writeFile(file("d/mine"), "mine");
    const refused = await folder.run(["cache", "clear"]);
    expect(refused.code).toBe(2);
    expect(refused.err).toMatch(/Remove 2 files \(6 B\) from .*cache\?\nhint: Add --yes/);
    const { code, out, err } = await folder.run(["cache", "clear", "--yes"]);
    expect({ code, out, err }).toEqual({
      code: 0,
      out: "removed 2 files, 6 B\n",
      err: "1 file (3 B) stayed: tasks need them now\n",
    });
    expect(["a", "d/b", "used", "d/mine"].filter((key) => existsSync(file(key)))).toEqual(["used", "d/mine"]);
    const { out: json } = await folder.run(["cache", "clear", "--yes", "--json"]);
    expect(JSON.parse(json)).toEqual({ removed: 0, bytes: 0, kept: 1 });
  });

  it.runIf(hasTerminal)("asks on a terminal, and takes no for an answer", async () => {
    await cached("a");
    const { code, screen } = await runOnTerminal(folder, ["cache", "clear"], { keys: [["[y/N]", "n\r"]] });
    expect({ code, there: existsSync(file("a")) }).toEqual({ code: 1, there: true });
    expect(screen).toMatch(/Remove 1 file \(3 B\) from .*\? \[y\/N\][^]*\nNothing was changed\.\n$/);
  });
});

it("a daemon's tasks all succeed while its cache is cleared and verified again and again", async () => {
  const count = 60;
  for (let index = 0; index < count; index += 1) await bucket.put(`data/in/${index}.dat`, `object ${index}`);
  const tasks = Array.from(
    { length: count },
    (_, index) =>
      `{"task":"NO_OP","base_directory":"data","inputs":["in/${index}.dat","in/${(index + 1) % count}.dat"]}`,
  );
  await folder.run(["schedule", "-"], { input: tasks.join("\n") });
  const daemon = folder.start(["daemon", "--until-drained", "--workers", "1", "--poll", "0.1", "--json"]);
  const ended = end(daemon);
  let rounds = 0;
  while (daemon.exitCode === null) {
    await cache.clear();
    expect((await cache.verify({ bucket })).dropped.filter(({ reason }) => reason === "damaged")).toEqual([]);
    rounds += 1;
    await setImmediate();
  }
  const { code, out } = await ended;
  expect({ code, ...JSON.parse(out) }).toMatchObject({ code: 0, succeeded: count, failed: 0, retried: 0 });
  expect(rounds).toBeGreaterThan(1);
  for (let index = 0; index < count; index += 1) {
    const { body } = await bucket.get(`data/0_output/${index}.dat`);
    expect(Buffer.concat(await Array.fromAsync(body)).toString()).toBe(`object ${index}`);
  }
});
