import { existsSync, readdirSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { chmod, mkdir, open, readFile, readlink, stat, symlink, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { saveWhole } from "../../../daemon/cli/bucket/save.ts";
import type { Bucket } from "../../../shared/bucket/bucket.ts";
import { openBucket } from "../../../shared/bucket/open.ts";
import { openCache } from "../../../shared/cache/open.ts";
import { end, makeFolder, type Folder } from "./command-line.ts";
import { hasTerminal, runOnTerminal } from "./on-terminal.ts";

let folder: Folder;
let bucket: Bucket;
beforeEach(async () => {
  folder = await makeFolder();
  bucket = await openBucket("file:.simpletasks/bucket", { baseDirectory: folder.path });
});
afterEach(async () => {
  await bucket[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

async function store(...keys: readonly string[]): Promise<void> {
  for (const key of keys) await bucket.put(key, key);
}

async function keysLeft(): Promise<string[]> {
  const { objects } = await bucket.list();
  return objects.map(({ key }) => key);
}

const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => index % 256);

const hostile = [
  "d/two\nlines",
  "d/\u001b]0;owned\u0007\u001b[31m",
  "d/\u202etxt.exe",
  `d/${"ä".repeat(127)}z`,
  "d/日本語/😀 and spaces",
  "d/a\u0308 is not \u00e4",
  "d/-rf",
  `d/"quoted" and 'quoted' \\`,
];

describe("bucket ls", () => {
  it("shows one level: folders, objects, and how many", async () => {
    await store("d/x/1.dat", "d/x/2.dat", "d/z.dat", "e.dat");
    const { code, out, err } = await folder.run(["bucket", "ls"]);
    expect(out).toMatch(
      /^BYTES {2}MODIFIED {13}KEY\n {4}- {2}- {20}d\/\n {4}5 {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}e\.dat\n$/,
    );
    expect({ code, err }).toEqual({ code: 0, err: "1 folder, 1 object, 5 B\n" });
    const inside = await folder.run(["bucket", "ls", "d"]);
    expect(inside.out.match(/\S+$/gm)).toEqual(["KEY", "d/x/", "d/z.dat"]);
  });

  it("takes the beginning of keys too, and with --recursive shows every object", async () => {
    await store("d/x/1.dat", "d/x/2.dat", "d/xy.dat");
    const some = await folder.run(["bucket", "ls", "d/x/1"]);
    expect(some.out.match(/\S+$/gm)).toEqual(["KEY", "d/x/1.dat"]);
    const all = await folder.run(["bucket", "ls", "--recursive", "/d"]);
    expect(all.out.match(/\S+$/gm)).toEqual(["KEY", "d/x/1.dat", "d/x/2.dat", "d/xy.dat"]);
    expect(all.err).toBe("3 objects, 26 B\n");
  });

  it("gives programs every key as it is, and people none that does something to their terminal", async () => {
    await store(...hostile);
    const { out } = await folder.run(["bucket", "ls", "--recursive", "--json"]);
    const found: { key: string; bytes: number; modified: string; etag: string }[] = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(found.map(({ key }) => key).toSorted()).toEqual(hostile.toSorted());
    const [first] = found;
    const info = await bucket.head(first?.key ?? "");
    expect(first).toEqual({
      key: info?.key,
      bytes: info?.bytes,
      modified: new Date(info?.modifiedAt ?? 0).toISOString(),
      etag: info?.etag,
    });
    const shown = (await folder.run(["bucket", "ls", "--recursive"])).out;
    expect(shown.split("\n")).toHaveLength(hostile.length + 2);
    expect(shown.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202e]/u);
    const level = await folder.run(["bucket", "ls", "d/日本語", "--json"]);
    expect(level.out).toContain('{"key":"d/日本語/😀 and spaces",');
    expect((await folder.run(["bucket", "ls", "--json"])).out).toBe('{"prefix":"d/"}\n');
  });

  it("ends quietly when its reader goes away", async () => {
    const many = folder.file(".simpletasks", "bucket", "many");
    await mkdir(many);
    await Promise.all(Array.from({ length: 3000 }, (_, index) => writeFile(`${many}/${index}`, "")));
    const child = folder.start(["bucket", "ls", "many"]);
    child.stdout.once("data", () => child.stdout.destroy());
    expect(await end(child)).toMatchObject({ code: 0, err: "" });
  });

  it("says what is not there, and makes nothing by looking", async () => {
    await store("d/x");
    expect((await folder.run(["bucket", "ls", "f"])).err).toMatch(/^no key in file:.* begins with "f"\n$/);
    const { code, out, err } = await folder.run(["bucket", "ls", "--bucket", "other"]);
    expect(err).toMatch(/^there is no bucket file:.*buckets\/other yet/);
    expect({ code, out }).toEqual({ code: 0, out: "" });
    await folder.run(["bucket", "get", "x", "--bucket", "other"]);
    expect(existsSync(folder.file(".simpletasks", "buckets"))).toBe(false);
  });
});

describe("bucket get", () => {
  it("makes a file here, in a folder, or where it is told to", async () => {
    await bucket.put("d/4.dat", bytes);
    await mkdir(folder.file("made"));
    const here = await folder.run(["bucket", "get", "d/4.dat"]);
    expect(here).toEqual({ code: 0, out: `${folder.file("4.dat")}: 300 KB\n`, err: "" });
    await folder.run(["bucket", "get", "d/4.dat", "made"]);
    const json = await folder.run(["bucket", "get", "d/4.dat", "made/other.dat", "--json"]);
    expect(JSON.parse(json.out)).toEqual({
      key: "d/4.dat",
      bytes: 300_000,
      file: folder.file("made", "other.dat"),
    });
    for (const file of ["4.dat", "made/4.dat", "made/other.dat"]) {
      expect((await readFile(folder.file(file))).equals(bytes)).toBe(true);
    }
    expect(readdirSync(folder.path).toSorted()).toEqual([".simpletasks", "4.dat", "made"]);
  });

  it("gives other programs the bytes as they are", async () => {
    await bucket.put("d/4.dat", bytes);
    const child = folder.start(["bucket", "get", "d/4.dat", "-"]);
    const chunks: Buffer[] = [];
    for await (const chunk of child.stdout) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  it("replaces a file only when it may, and what a link leads to rather than the link", async () => {
    await store("d/4.dat");
    await writeFile(folder.file("4.dat"), "mine");
    await chmod(folder.file("4.dat"), 0o660);
    const refused = await folder.run(["bucket", "get", "d/4.dat"]);
    expect(refused.code).toBe(2);
    expect(refused.err).toMatch(/4\.dat is there already.*\nhint: Add --yes/);
    expect(await readFile(folder.file("4.dat"), "utf8")).toBe("mine");
    await symlink("4.dat", folder.file("link"));
    expect((await folder.run(["bucket", "get", "d/4.dat", "link", "--yes"])).code).toBe(0);
    expect(await readFile(folder.file("4.dat"), "utf8")).toBe("d/4.dat");
    expect(await readlink(folder.file("link"))).toBe("4.dat");
    if (process.platform !== "win32") expect((await stat(folder.file("4.dat"))).mode & 0o777).toBe(0o660);
  });

  it.each([
    ["d/x/4.dta", 'Did you mean "d/x/4.dat"?'],
    ["d/y/4.dat", 'Did you mean "d/x/4.dat"?'],
    ["d/y/5.dat", 'Did you mean "d/x/"?'],
    ["d/x", "It is a folder: simpletasks bucket ls d/x/ shows what lies in it."],
    ["d/x/completely-else", "simpletasks bucket ls d/x/ shows what there is."],
    ["d/$(x) y", "It is a folder: simpletasks bucket ls 'd/$(x) y/' shows what lies in it."],
  ])("of %s, which is not there, names what is", async (key, hint) => {
    await store("d/x/4.dat", "d/x/10.dat", "d/$(x) y/z");
    const { code, out, err } = await folder.run(["bucket", "get", key]);
    expect(err.startsWith(`simpletasks: there is no object ${JSON.stringify(key)} in file:`)).toBe(true);
    expect(err.split("\n")[1]).toBe(`hint: ${hint}`);
    expect({ code, out }).toEqual({ code: 1, out: "" });
  });

  it("says in words where it cannot write", async () => {
    await store("d/4.dat");
    expect((await folder.run(["bucket", "get", "d/4.dat", "no/such"])).err).toMatch(
      /there is no such folder\nhint: /,
    );
    expect((await folder.run(["bucket", "get", "d/4.dat", "no/"])).err).toMatch(/there is no folder no\//);
    const long = await folder.run(["bucket", "get", "d/4.dat", "x".repeat(256)]);
    expect(long.err).toMatch(/the name is too long\n/);
    expect(readdirSync(folder.path)).toEqual([".simpletasks"]);
  });

  it.runIf(hasTerminal)("shows text on a terminal, escaped, and nothing else", async () => {
    await bucket.put("d/text", "one\n\u001b[31mtwo\n");
    await bucket.put("d/4.dat", bytes);
    const text = await runOnTerminal(folder, ["bucket", "get", "d/text", "-"]);
    expect(text).toEqual({ code: 0, screen: String.raw`one` + "\n" + String.raw`\u{1b}[31mtwo` + "\n" });
    const data = await runOnTerminal(folder, ["bucket", "get", "d/4.dat", "-"]);
    expect(data.code).toBe(2);
    expect(data.screen).toMatch(/"d\/4\.dat" is no text.*\nhint: Name a file/);
  });

  it("leaves nothing of a download that fails, and no file of somebody else's replaced", async () => {
    const { signal } = new AbortController();
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield bytes;
      throw new Error("the line went dead");
    }
    const file = folder.file("4.dat");
    await expect(saveWhole(file, broken(), { replace: false, signal })).rejects.toThrow("the line went dead");
    expect(readdirSync(folder.path)).toEqual([".simpletasks"]);
    async function* late(): AsyncGenerator<Uint8Array> {
      yield bytes;
      await writeFile(file, "theirs");
    }
    await expect(saveWhole(file, late(), { replace: false, signal })).rejects.toMatchObject({
      code: "io",
      message: expect.stringContaining("something is there already"),
    });
    expect(await readFile(file, "utf8")).toBe("theirs");
    expect(readdirSync(folder.path)).toEqual([".simpletasks", "4.dat"]);
  });
});

describe("bucket put", () => {
  it("stores files and standard input, under any key", async () => {
    await writeFile(folder.file("4.dat"), bytes);
    const { code, out } = await folder.run(["bucket", "put", "4.dat", "d/4.dat"]);
    expect({ code, out }).toEqual({ code: 0, out: `d/4.dat: 300 KB in ${bucket.url}\n` });
    const piped = await folder.run(["bucket", "put", "-", "d/piped", "--json"], { input: bytes });
    const info = await bucket.head("d/piped", { checksum: true });
    expect(JSON.parse(piped.out)).toEqual({ key: "d/piped", bytes: 300_000, etag: info?.etag });
    expect(info?.checksum).toEqual((await bucket.head("d/4.dat", { checksum: true }))?.checksum);
    for (const key of hostile.slice(0, 4)) {
      const stored = await folder.run(["bucket", "put", "4.dat", key]);
      expect(stored.code).toBe(0);
      expect(stored.out.trimEnd()).not.toMatch(/[\p{Cc}\u202e]/u);
    }
    expect((await keysLeft()).toSorted()).toEqual(["d/4.dat", "d/piped", ...hostile.slice(0, 4)].toSorted());
  });

  it("replaces an object only when it may", async () => {
    await store("d/4.dat");
    await writeFile(folder.file("new"), "new");
    const refused = await folder.run(["bucket", "put", "new", "d/4.dat"]);
    expect(refused.code).toBe(2);
    expect(refused.err).toMatch(/"d\/4\.dat" is there already, with 7 B of .*\nhint: Add --yes/);
    const absent = await folder.run(["bucket", "put", "new", "d/4.dat", "--if-absent", "--yes"]);
    expect(absent).toMatchObject({ code: 1, err: expect.stringContaining("There is already an object") });
    expect((await bucket.head("d/4.dat"))?.bytes).toBe(7);
    expect((await folder.run(["bucket", "put", "new", "d/4.dat", "--yes"])).code).toBe(0);
    expect((await bucket.head("d/4.dat"))?.bytes).toBe(3);
    expect((await folder.run(["bucket", "put", "new", "d/5.dat", "--if-absent"])).code).toBe(0);
  });

  it.skipIf(process.platform === "win32")("does not replace one that comes while it reads", async () => {
    execFileSync("mkfifo", [folder.file("pipe")]);
    const child = folder.start(["bucket", "put", "pipe", "k"]);
    const ended = end(child);
    // Opens once the program reads: it has seen by then that there is no such object.
    const opened = open(folder.file("pipe"), "w");
    const pipe = await Promise.race([opened, ended.then(({ err }) => Promise.reject(new Error(err)))]);
    await bucket.put("k", "theirs");
    await pipe.close();
    expect(await ended).toMatchObject({
      code: 1,
      err: expect.stringContaining("There is already an object"),
    });
    expect((await bucket.head("k"))?.bytes).toBe(6);
  });

  it.each([
    [["none", "k"], /^simpletasks: none: there is no such file\n/],
    [
      [".", "k"],
      /^simpletasks: \.: this is a directory\nhint: For all files in it: simpletasks bucket put \. PREFIX --recursive\n$/,
    ],
    [["file", "../k"], /The key "\.\.\/k" is refused.*\nhint: A key is/],
    [["file", "_SimpleTasks/messages/x"], /belongs to SimpleTasks itself\nhint: /],
    [["file", "k".repeat(256)], /a part of it has 256 bytes/],
  ])("%j: says what is wrong", async (words, message) => {
    await writeFile(folder.file("file"), "x");
    const { code, out, err } = await folder.run(["bucket", "put", ...words]);
    expect(err).toMatch(message);
    expect({ code, out, keys: await keysLeft() }).toEqual({ code: 1, out: "", keys: [] });
  });
});

describe("bucket put --recursive", () => {
  const put = (...words: string[]) => folder.run(["bucket", "put", "--recursive", ...words]);
  beforeEach(async () => {
    await mkdir(folder.file("cells", "left"), { recursive: true });
    for (const name of ["1.dat", "left/2.dat", "left/ä 3"]) await writeFile(folder.file("cells", name), name);
  });

  it("stores every file below a folder under its path there", async () => {
    const { code, out, err } = await put("cells", "d/0_input");
    expect({ code, out, err }).toEqual({
      code: 0,
      out: `stored 3 objects, 24 B, in ${bucket.url}\n`,
      err: "",
    });
    expect(await keysLeft()).toEqual(["d/0_input/1.dat", "d/0_input/left/2.dat", "d/0_input/left/ä 3"]);
    expect(JSON.parse((await put("cells/", "/", "--json")).out)).toEqual({ stored: 3, bytes: 24 });
    expect(await keysLeft()).toContain("left/2.dat");
  });

  it("replaces objects only when it may, and then stores none or all", async () => {
    await store("d/left/2.dat", "d/more");
    const refused = await put("cells", "d");
    expect(refused.code).toBe(2);
    expect(refused.err).toMatch(/: 1 of 3 objects are there already\. Replace them\?\nhint: Add --yes/);
    const absent = await put("cells", "d", "--if-absent", "--yes");
    expect(absent).toMatchObject({ code: 1, err: expect.stringContaining("There is already an object") });
    expect(await keysLeft()).toEqual(["d/left/2.dat", "d/more"]);
    expect((await put("cells", "d", "--yes")).code).toBe(0);
    expect((await bucket.head("d/left/2.dat"))?.bytes).toBe(10);
    expect(await keysLeft()).toHaveLength(4);
  });

  it.skipIf(process.platform === "win32")(
    "leaves out what is no file, and the workspace's own state",
    async () => {
      await symlink("1.dat", folder.file("cells", "linked.dat"));
      await symlink("..", folder.file("cells", "round"));
      await symlink("nothing", folder.file("cells", "broken"));
      const { code, err } = await put(".", "d");
      expect({ code, err }).toEqual({ code: 0, err: "left out: .simpletasks, cells/broken, cells/round\n" });
      expect(await keysLeft()).toHaveLength(4);
    },
  );

  it.each([
    [["none", "d"], 1, /^simpletasks: none: there is no such file\n$/],
    [["cells/1.dat", "d"], 1, /^simpletasks: cells\/1\.dat: this is no folder, or lies in none\n/],
    [["empty", "d"], 2, /^simpletasks: there are no files in empty\n$/],
    [["cells", ""], 2, /no folder is named/],
    [["cells", "_simpletasks"], 1, /belongs to SimpleTasks itself/],
    [["cells", "../d"], 1, /The key "\.\.\/d" is refused/],
  ])("%j: exit code %i and what is wrong", async (words, code, message) => {
    await mkdir(folder.file("empty"));
    const ended = await put(...words);
    expect(ended.err).toMatch(message);
    expect({ code: ended.code, keys: await keysLeft() }).toEqual({ code, keys: [] });
  });
});

describe("bucket get --recursive", () => {
  const get = (...words: string[]) => folder.run(["bucket", "get", "--recursive", ...words]);

  it("makes a file of every object in a folder, under the rest of its key", async () => {
    await store("d/x/1.dat", "d/x/left/2.dat", "d/xy", "_simpletasks/messages/1");
    const { code, out, err } = await get("d/x", "made/here");
    const made = folder.file("made", "here");
    expect({ code, out, err }).toEqual({ code: 0, out: `${made}: 2 objects, 23 B\n`, err: "" });
    expect(await readFile(`${made}/left/2.dat`, "utf8")).toBe("d/x/left/2.dat");
    expect(readdirSync(made).toSorted()).toEqual(["1.dat", "left"]);
    const all = await get("/", "all", "--json");
    expect(JSON.parse(all.out)).toEqual({ got: 3, bytes: 27, directory: folder.file("all") });
    expect(readdirSync(folder.file("all"))).toEqual(["d"]);
  });

  it("brings back what was put, whatever its keys are", async () => {
    await store(...hostile);
    await get("d", "made");
    await folder.run(["bucket", "put", "--recursive", "made", "e"]);
    for (const key of hostile) {
      const { body } = await bucket.get(key.replace("d/", "e/"));
      expect(Buffer.concat(await Array.fromAsync(body)).toString()).toBe(key);
    }
  });

  it("replaces files only when it may, and then gets none or all", async () => {
    await store("d/1", "d/2");
    await mkdir(folder.file("made"));
    await writeFile(folder.file("made", "2"), "mine");
    const refused = await get("d", "made");
    expect(refused.code).toBe(2);
    expect(refused.err).toMatch(/: 1 of 2 files are there already\. Replace them\?\nhint: Add --yes/);
    expect(readdirSync(folder.file("made"))).toEqual(["2"]);
    expect((await get("d", "made", "--yes")).code).toBe(0);
    expect(await readFile(folder.file("made", "2"), "utf8")).toBe("d/2");
  });

  it.skipIf(process.platform === "win32")(
    "writes nothing out of the folder, through no link in it",
    async () => {
      await store("d/way/deep/1");
      await mkdir(folder.file("made"));
      await mkdir(folder.file("elsewhere"));
      await symlink("../elsewhere", folder.file("made", "way"));
      const { code, err } = await get("d", "made", "--yes");
      expect(code).toBe(1);
      expect(err).toMatch(
        /made\/way\/deep\/1 leads out of the folder, to .*elsewhere\nhint: Remove the link/,
      );
      expect(readdirSync(folder.file("elsewhere"))).toEqual([]);
      await mkdir(folder.file("other", "way", "deep"), { recursive: true });
      await writeFile(folder.file("elsewhere", "kept"), "kept");
      await symlink("../../../elsewhere/kept", folder.file("other", "way", "deep", "1"));
      expect((await get("d", "other", "--yes")).err).toContain("leads out of the folder");
      expect(await readFile(folder.file("elsewhere", "kept"), "utf8")).toBe("kept");
    },
  );

  it("leaves no half of a file when it is stopped, and says how far it came", async () => {
    const many = folder.file(".simpletasks", "bucket", "d");
    await mkdir(many);
    await Promise.all(
      Array.from({ length: 3000 }, (_, index) => writeFile(`${many}/${index}`, bytes.subarray(0, 999))),
    );
    const child = folder.start(["bucket", "get", "--recursive", "d", "made"]);
    const ended = end(child);
    await expect.poll(() => existsSync(folder.file("made", "0")), { timeout: 20_000 }).toBe(true);
    child.kill("SIGINT");
    const { code, err } = await ended;
    expect(code).toBe(130);
    expect(err).toMatch(/^got \d+ of 3,000 objects before that\nsimpletasks: stopped\n$/);
    const made = readdirSync(folder.file("made"));
    expect(made.filter((name) => name.endsWith(".part"))).toEqual([]);
    for (const name of made) expect((await stat(folder.file("made", name))).size).toBe(999);
  });

  it.each([
    [["d/none", "made"], 1, /there is nothing to get under "d\/none\/" in file:.*\nhint: /],
    [["d", "-"], 2, /many objects cannot go to standard output/],
    [["d", "file"], 1, /file.* (is no folder|cannot be made: a file is where a folder must be)/],
    [["", "made"], 2, /no folder is named/],
  ])("%j: exit code %i and what is wrong", async (words, code, message) => {
    await store("d/1");
    await writeFile(folder.file("file"), "");
    const ended = await get(...words);
    expect(ended.err).toMatch(message);
    expect({ code: ended.code, out: ended.out }).toEqual({ code, out: "" });
    expect(existsSync(folder.file("made"))).toBe(false);
  });
});

describe("bucket rm", () => {
  it("removes an object, when it may", async () => {
    await store("d/4.dat", "d/5.dat");
    expect(await folder.run(["bucket", "rm", "d/4.dat"])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/Remove "d\/4\.dat" \(7 B\) from file:.*\?\nhint: Add --yes/),
    });
    expect(await keysLeft()).toHaveLength(2);
    const { code, out } = await folder.run(["bucket", "rm", "d/4.dat", "--yes"]);
    expect({ code, out, keys: await keysLeft() }).toEqual({
      code: 0,
      out: "removed 1 object, 7 B\n",
      keys: ["d/5.dat"],
    });
    const again = await folder.run(["bucket", "rm", "d/4.dat", "--yes"]);
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('hint: Did you mean "d/5.dat"?') });
  });

  it("with --recursive removes what lies in that folder, and only that", async () => {
    await store("d/x/1", "d/x/y/2", "d/xy", "d/x.dat", ...hostile.map((key) => `d/x/${key}`));
    const { err } = await folder.run(["bucket", "rm", "--recursive", "d/x"]);
    expect(err).toMatch(/Remove 10 objects \(\d+ B\) under "d\/x\/" from file:.*\?/);
    const { code, out } = await folder.run(["bucket", "rm", "--recursive", "d/x/", "--yes", "--json"]);
    expect(JSON.parse(out)).toMatchObject({ removed: 10 });
    expect({ code, keys: await keysLeft() }).toEqual({ code: 0, keys: ["d/x.dat", "d/xy"] });
  });

  it("removes a whole bucket only when / says so, and never what SimpleTasks keeps there", async () => {
    await store("a", "b/c", "_simpletasks/messages/tasks/1");
    const empty = await folder.run(["bucket", "rm", "--recursive", "", "--yes"]);
    expect(empty).toMatchObject({
      code: 2,
      err: expect.stringMatching(/no folder is named\nhint: .* write \//),
    });
    expect((await folder.run(["bucket", "rm", "--recursive", "_simpletasks", "--yes"])).code).toBe(1);
    const { out } = await folder.run(["bucket", "rm", "--recursive", "/", "--yes"]);
    expect(out).toBe("removed 2 objects, 4 B\n");
    expect(await keysLeft()).toEqual(["_simpletasks/messages/tasks/1"]);
    expect((await folder.run(["bucket", "rm", "--recursive", "/", "--yes"])).err).toContain(
      "nothing to remove",
    );
  });
});

it("what is put or removed is forgotten by this machine's cache, for tasks that have it fetched ahead", async () => {
  await store("replaced", "removed", "untouched");
  await using cache = await openCache({ directory: folder.file(".simpletasks", "cache") });
  for (const key of ["replaced", "removed", "untouched"]) (await cache.fetch(bucket, key)).release();
  await folder.run(["bucket", "put", "-", "replaced", "--yes"], { input: "new" });
  await folder.run(["bucket", "rm", "removed", "--yes"]);
  using replaced = await cache.fetch(bucket, "replaced", { freshness: "any" });
  expect(await readFile(replaced.path, "utf8")).toBe("new");
  await expect(cache.fetch(bucket, "removed", { freshness: "only" })).rejects.toMatchObject({
    code: "object_missing",
  });
  using untouched = await cache.fetch(bucket, "untouched", { freshness: "only" });
  expect(untouched.hit).toBe(true);
});
