import { spawn } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openFileBucket } from "../../../shared/bucket/file.ts";
import { temporaryDirectory } from "./temporary-directory.ts";
import { tracedFiles } from "./traced-files.ts";

const racer = fileURLToPath(new URL("put-if-absent.mjs", import.meta.url));

describe("processes that share a file bucket", () => {
  it("have one winner for every key put with onlyIfAbsent, and its content stays", async () => {
    const directory = temporaryDirectory();
    const rounds = 40;
    const racers = ["one", "two", "three"].map((name) => {
      const child = spawn(process.execPath, [racer, directory, name, String(rounds)], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      return { name, child, next: async () => (await lines.next()).value };
    });
    for (const { next } of racers) expect(await next()).toBe("ready");
    await using bucket = await openFileBucket({ directory });
    for (let round = 0; round < rounds; round++) {
      for (const { child } of racers) child.stdin.write("go\n");
      const outcomes = await Promise.all(racers.map(({ next }) => next()));
      expect(outcomes.toSorted()).toEqual(["object_exists", "object_exists", "won"]);
      let content = "";
      for await (const chunk of (await bucket.get(`race/${round}/key`)).body)
        content += Buffer.from(chunk).toString();
      expect(content).toBe(racers[outcomes.indexOf("won")]?.name);
    }
  });

  it("lose no object when some empty the directories that others fill", async () => {
    const directory = temporaryDirectory();
    // Two buckets on one directory, as two processes have: they share nothing but the disk.
    await using filling = await openFileBucket({ directory });
    await using emptying = await openFileBucket({ directory });
    for (let round = 0; round < 60; round++) {
      await filling.put("a/b/c/old", "old");
      await Promise.all([
        emptying.delete("a/b/c/old"),
        filling.put("a/b/c/new", "new"),
        emptying.put("a/b/d", "d"),
      ]);
      expect((await filling.list()).objects.map((object) => object.key)).toEqual(["a/b/c/new", "a/b/d"]);
      await Promise.all([emptying.delete("a/b/c/new"), filling.delete("a/b/d")]);
      expect(readdirSync(directory)).toEqual([]);
    }
  });

  it("may remove an empty directory just before a put writes into it", async () => {
    const directory = temporaryDirectory();
    let removed = 0;
    const files = tracedFiles(({ operation, path }) => {
      if (operation !== "open" || !path.startsWith(join(directory, "a/b/")) || removed === 3) return;
      removed++;
      rmSync(join(directory, "a"), { recursive: true });
    });
    await using bucket = await openFileBucket({ directory, files });
    await bucket.put("a/b/key", "x");
    expect(removed).toBe(3);
    expect(await bucket.head("a/b/key")).toMatchObject({ bytes: 1 });
  });

  it("may remove the whole bucket under one that is open", async () => {
    const directory = join(temporaryDirectory(), "bucket");
    await using bucket = await openFileBucket({ directory });
    await bucket.put("a", "x");
    rmSync(directory, { recursive: true });
    expect(await bucket.list()).toEqual({ objects: [] });
    expect(await bucket.head("a")).toBeUndefined();
    await bucket.put("b/c", "y");
    expect((await bucket.list()).objects.map((object) => object.key)).toEqual(["b/c"]);
  });
});
