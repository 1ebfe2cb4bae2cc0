import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Bucket, ObjectSource, PutOptions } from "../../../shared/bucket/bucket.ts";
import { openFileBucket } from "../../../shared/bucket/file.ts";
import { temporaryName } from "../../../shared/bucket/file/temporary-name.ts";
import { temporaryDirectory } from "./temporary-directory.ts";
import type { Step } from "./traced-files.ts";
import { systemError, tracedFiles } from "./traced-files.ts";

const DURABLE = new Set<Step["operation"]>([
  "write",
  "sync",
  "rename",
  "link",
  "copyFile",
  "unlink",
  "mkdir",
  "rmdir",
]);

/** What changes the disk or makes it durable, as lines such as `sync a`; paths are relative to `root`, temporary names are `TEMPORARY`. */
function linesOf(steps: readonly Step[], root: string): string[] {
  const shown = (path: string): string =>
    path
      .replace(root, "")
      .replace(/^\//, "")
      .replace(/\.simpletasks-put-[^/]*/, "TEMPORARY") || "ROOT";
  return steps
    .filter((step) => DURABLE.has(step.operation))
    .map(
      ({ operation, path, to }) => `${operation} ${shown(path)}${to === undefined ? "" : ` → ${shown(to)}`}`,
    );
}

async function tracedBucket(
  directory: string,
): Promise<{ bucket: Bucket; trace(action: () => Promise<unknown>): Promise<string[]> }> {
  const steps: Step[] = [];
  const bucket = await openFileBucket({ directory, files: tracedFiles((step) => void steps.push(step)) });
  return {
    bucket,
    async trace(action) {
      steps.length = 0;
      await action();
      return linesOf(steps, directory);
    },
  };
}

describe("durability of a file bucket", () => {
  it("fsyncs the file before it is renamed, then its directory, then resolves; nothing else once the directory is known", async () => {
    const { bucket, trace } = await tracedBucket(temporaryDirectory());
    await bucket.put("a/known", "x");
    expect(await trace(() => bucket.put("a/known", "content"))).toEqual([
      "write a/TEMPORARY",
      "sync a/TEMPORARY",
      "rename a/TEMPORARY → a/known",
      "sync a",
    ]);
  });

  it("fsyncs the parent of every new directory, up to the root and the root's own entry", async () => {
    const { bucket, trace } = await tracedBucket(temporaryDirectory());
    expect(await trace(() => bucket.put("a/b/one", ""))).toEqual([
      "mkdir ROOT",
      "mkdir a",
      "mkdir a/b",
      "sync a/b/TEMPORARY",
      "link a/b/TEMPORARY → a/b/one",
      "unlink a/b/TEMPORARY",
      "sync a/b",
      "sync a",
      "sync ROOT",
      expect.stringMatching(/^sync /),
    ]);
    const syncs = (await trace(() => bucket.put("a/c/d/2", ""))).filter((line) => line.startsWith("sync"));
    expect(syncs).toEqual(["sync a/c/d/TEMPORARY", "sync a/c/d", "sync a/c", "sync a"]);
  });

  it("fsyncs the parents of a directory that another process made: that one may not have come to it yet", async () => {
    const directory = temporaryDirectory();
    const { bucket, trace } = await tracedBucket(directory);
    await bucket.put("a/1", "");
    mkdirSync(join(directory, "a", "other"));
    expect((await trace(() => bucket.put("a/other/1", ""))).slice(-2)).toEqual(["sync a/other", "sync a"]);
    await bucket.delete("a/other/1");
    mkdirSync(join(directory, "a", "other"));
    expect((await trace(() => bucket.put("a/other/1", ""))).slice(-2)).toEqual(["sync a/other", "sync a"]);
    expect((await trace(() => bucket.put("a/other/2", ""))).slice(-1)).toEqual(["sync a/other"]);
  });

  it("makes a missing root durable up to the first directory that was there", async () => {
    const directory = temporaryDirectory();
    const steps: Step[] = [];
    await openFileBucket({
      directory: join(directory, "x/y"),
      files: tracedFiles((step) => void steps.push(step)),
    });
    expect(linesOf(steps, directory)).toEqual(["mkdir x/y", "mkdir x", "sync ROOT", "mkdir x/y", "sync x"]);
  });

  it("fsyncs a copied file too, and the directory after a delete", async () => {
    const directory = temporaryDirectory();
    const source = join(temporaryDirectory(), "source");
    writeFileSync(source, "content");
    const { bucket, trace } = await tracedBucket(directory);
    await bucket.put("a/b/1", "");
    await bucket.put("a/2", "");
    const copied = await trace(() => bucket.put("a/2", { file: source }));
    expect(copied.slice(1)).toEqual(["sync a/TEMPORARY", "rename a/TEMPORARY → a/2", "sync a"]);
    expect(copied[0]).toMatch(/^copyFile .* → a\/TEMPORARY$/);
    expect(await trace(() => bucket.delete("a/b/1"))).toEqual([
      "unlink a/b/1",
      "rmdir a/b",
      "rmdir a",
      "sync a",
    ]);
  });

  it("lets puts that wait for one directory share its fsync", async () => {
    const { bucket, trace } = await tracedBucket(temporaryDirectory());
    await bucket.put("a/0", "");
    const lines = await trace(() =>
      Promise.all(Array.from({ length: 40 }, (_, index) => bucket.put(`a/${index}`, ""))),
    );
    expect(lines.filter((line) => line === "sync a/TEMPORARY")).toHaveLength(40);
    expect(lines.filter((line) => line === "sync a").length).toBeLessThan(40);
  });

  it("resolves a put only after an fsync of the directory that began after its own rename", async () => {
    const directory = temporaryDirectory();
    const events: string[] = [];
    const files = tracedFiles(({ operation, path, to }) => {
      if (operation === "rename") events.push(`renamed ${basename(to ?? "")}`);
      if (operation === "sync" && path === join(directory, "a")) events.push("sync");
    });
    await using bucket = await openFileBucket({ directory, files });
    await bucket.put("a/known", "");
    const names = Array.from({ length: 40 }, (_, index) => `name-${index}`);
    await Promise.all(
      names.map((name) => bucket.put(`a/${name}`, "").then(() => events.push(`resolved ${name}`))),
    );
    for (const name of names) {
      const between = events.slice(events.indexOf(`renamed ${name}`), events.indexOf(`resolved ${name}`));
      expect(between, name).toContain("sync");
    }
  });
});

/** Everything that a bucket opened afresh on the directory lists, with its content. */
async function contentsOf(directory: string): Promise<Record<string, string>> {
  await using bucket = await openFileBucket({ directory });
  const contents: Record<string, string> = {};
  for (const { key } of (await bucket.list()).objects) {
    let text = "";
    for await (const chunk of (await bucket.get(key)).body) text += Buffer.from(chunk).toString();
    contents[key] = text;
  }
  return contents;
}

function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
}

describe("a writer that dies", () => {
  const cases: readonly (readonly [string, PutOptions, boolean])[] = [
    ["replacing an object", {}, true],
    ["creating an object in new directories", {}, false],
    ["creating an object only if absent", { onlyIfAbsent: true }, false],
  ];

  it.each(cases)("leaves the old or the new state at every step of %s", async (_name, options, exists) => {
    const source: ObjectSource = "new content";
    let total = Infinity;
    for (let deadline = 1; deadline <= total; deadline++) {
      const directory = temporaryDirectory();
      await using first = await openFileBucket({ directory });
      if (exists) await first.put("a/b/key", "old");
      let taken = 0;
      // A dead process does nothing more: no cleaning up either.
      const files = tracedFiles(() => {
        if (++taken >= deadline) throw new Error("the process is dead");
      });
      const bucket = await openFileBucket({ directory, files });
      const done = await bucket.put("a/b/key", source, options).then(
        () => true,
        () => false,
      );
      if (done) total = taken;
      const found = await contentsOf(directory);
      const states = exists ? [{ "a/b/key": "old" }, { "a/b/key": source }] : [{}, { "a/b/key": source }];
      expect(states, `after ${deadline} steps`).toContainEqual(found);
      if (done) expect(found).toEqual({ "a/b/key": source });
      await first.put("a/b/key", "next");
      expect(await contentsOf(directory)).toEqual({ "a/b/key": "next" });
    }
    expect(total).toBeLessThan(100);
    expect(total).toBeGreaterThan(10);
  });
});

describe("temporary files of dead writers", () => {
  const DAY = 24 * 60 * 60;

  /** A name as a process would have made it that has ended since. */
  function deadName(): string {
    const highestPid = 2 ** 22 + 1;
    return temporaryName().replace(`-${process.pid}-`, `-${highestPid}-`);
  }

  it("are removed when the directory is listed, those of the living are not", async () => {
    const directory = temporaryDirectory();
    await using bucket = await openFileBucket({ directory });
    await bucket.put("a/key", "x");
    const [dead, living, elsewhere, old] = [
      deadName(),
      temporaryName(),
      ".simpletasks-put-0123456789ab-1-x",
      temporaryName(),
    ];
    for (const name of [dead, living, elsewhere, old]) writeFileSync(join(directory, "a", name), "half");
    const longAgo = Date.now() / 1000 - DAY - 60;
    utimesSync(join(directory, "a", old), longAgo, longAgo);
    expect((await bucket.list()).objects.map((object) => object.key)).toEqual(["a/key"]);
    expect(filesIn(directory).sort()).toEqual([elsewhere, living, "key"].sort());
  });

  it("are removed by the first put of a process into their directory", async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, "a"));
    writeFileSync(join(directory, "a", deadName()), "half");
    await using bucket = await openFileBucket({ directory });
    await bucket.put("a/key", "x");
    expect(filesIn(directory)).toEqual(["key"]);
  });

  it("do not keep an object from taking the place of an emptied directory", async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, "a/b"), { recursive: true });
    writeFileSync(join(directory, "a/b", deadName()), "half");
    await using bucket = await openFileBucket({ directory });
    await bucket.put("a", "object");
    expect(await contentsOf(directory)).toEqual({ a: "object" });
  });

  it("have names that no key may have", async () => {
    const directory = temporaryDirectory();
    await using bucket = await openFileBucket({ directory });
    for (const key of [temporaryName(), `a/${temporaryName()}/b`]) {
      await expect(bucket.put(key, "x")).rejects.toMatchObject({ code: "key_unsupported" });
      writeFileSync(join(directory, temporaryName()), "half");
      expect(await bucket.head(key)).toBeUndefined();
    }
  });
});

describe("a file system that fails", () => {
  it.each(["write", "sync", "open", "copyFile", "link"] as const)(
    "with ENOSPC at %s: storage_full, and nothing stays",
    async (failing) => {
      const directory = temporaryDirectory();
      const source = join(temporaryDirectory(), "source");
      writeFileSync(source, "content");
      const files = tracedFiles(({ operation, path }) => {
        if (operation === failing && path !== source && path !== directory) throw systemError("ENOSPC");
        if (operation === failing && operation === "copyFile") throw systemError("ENOSPC");
      });
      await using bucket = await openFileBucket({ directory, files });
      const put = bucket.put("key", failing === "copyFile" ? { file: source } : "content");
      await expect(put).rejects.toMatchObject({ code: "storage_full", about: { key: "key" } });
      expect(filesIn(directory)).toEqual([]);
    },
  );

  it("keeps the old object when the new one finds no room", async () => {
    const directory = temporaryDirectory();
    let full = false;
    const files = tracedFiles(({ operation }) => {
      if (full && operation === "write") throw systemError("EDQUOT");
    });
    await using bucket = await openFileBucket({ directory, files });
    await bucket.put("key", "old");
    full = true;
    await expect(bucket.put("key", "new")).rejects.toMatchObject({ code: "storage_full" });
    expect(readFileSync(join(directory, "key"), "utf8")).toBe("old");
    expect(filesIn(directory)).toEqual(["key"]);
  });

  it("refuses onlyIfAbsent where there are no hard links, and stores all else", async () => {
    const directory = temporaryDirectory();
    const files = tracedFiles(({ operation }) => {
      if (operation === "link") throw systemError("EPERM");
    });
    await using bucket = await openFileBucket({ directory, files });
    await bucket.put("a", "x");
    await expect(bucket.put("a", "y", { onlyIfAbsent: true })).rejects.toMatchObject({
      code: "object_exists",
    });
    await expect(bucket.put("b", "y", { onlyIfAbsent: true })).rejects.toMatchObject({
      code: "not_supported",
    });
    expect(await contentsOf(directory)).toEqual({ a: "x" });
  });

  it("takes a link that is reported as existing, but is its own, for success, as NFS may repeat a request", async () => {
    const directory = temporaryDirectory();
    const traced = tracedFiles(() => {});
    const files = {
      ...traced,
      async link(existing: string, path: string) {
        await traced.link(existing, path);
        throw systemError("EEXIST");
      },
    };
    await using bucket = await openFileBucket({ directory, files });
    await bucket.put("a", "x", { onlyIfAbsent: true });
    expect(await contentsOf(directory)).toEqual({ a: "x" });
  });

  it("takes a directory that cannot be fsynced because the file system knows no such thing as settled", async () => {
    const directory = temporaryDirectory();
    const files = tracedFiles(({ operation, path }) => {
      if (operation === "sync" && path === directory) throw systemError("EINVAL");
    });
    await using bucket = await openFileBucket({ directory, files });
    await bucket.put("a", "x");
    expect(existsSync(join(directory, "a"))).toBe(true);
  });

  it("does not resolve a put whose directory could not be fsynced", async () => {
    const directory = temporaryDirectory();
    const files = tracedFiles(({ operation, path }) => {
      if (operation === "sync" && path === directory) throw systemError("EIO");
    });
    await using bucket = await openFileBucket({ directory, files });
    await expect(bucket.put("a", "x")).rejects.toMatchObject({ code: "io" });
  });
});
