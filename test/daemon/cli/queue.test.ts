import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openQueue } from "../../../shared/queue/open.ts";
import { emptyTask, makeFolder, type Folder } from "./command-line.ts";

let folder: Folder;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const url = "sqlite:q.db?queue=texts";

describe("queue send", () => {
  it("sends each line as it is, also one that is no task", async () => {
    writeFileSync(folder.file("texts"), 'not JSON {\n\n  {"a": 1.0}\u2028ä \r\nlast');
    const { code, out } = await folder.run(["queue", "send", url, "texts"]);
    expect({ code, out }).toEqual({
      code: 0,
      out: `sent 3 messages to sqlite://${folder.path}/q.db?queue=texts\n`,
    });
    await using queue = await openQueue(url, { baseDirectory: folder.path });
    const found = (await queue.peek?.({ max: 10 })) ?? [];
    expect(found.map(({ body }) => body)).toEqual(["not JSON {", '  {"a": 1.0}\u2028ä ', "last"]);
  });

  it("sends thousands, from standard input", async () => {
    const input = Array.from({ length: 2500 }, (_, index) => `message ${index}\n`).join("");
    expect(await folder.run(["queue", "send", url, "-", "--json"], { input })).toMatchObject({ code: 0 });
    expect((await folder.run(["queue", "stats", url, "--json"])).out).toBe(
      '{"visible":2500,"leased":0,"delayed":0}\n',
    );
    expect((await folder.run(["queue", "stats", url])).out).toContain("2,500 visible, 0 leased");
  });
});

describe("queue stats", () => {
  it("tells visible, leased and delayed messages", async () => {
    await using queue = await openQueue(url, { baseDirectory: folder.path });
    await queue.send([{ body: "a" }, { body: "b" }, { body: "c" }, { body: "later", delaySeconds: 600 }]);
    await queue.receive({ max: 2, waitSeconds: 0, leaseSeconds: 600 });
    expect((await folder.run(["queue", "stats", url, "--json"])).out).toBe(
      '{"visible":1,"leased":2,"delayed":1}\n',
    );
    expect((await folder.run(["queue", "stats", url])).out).toContain("1 visible, 2 leased, 1 delayed");
  });

  it("makes no queue by looking", async () => {
    expect(await folder.run(["queue", "stats", url, "--json"])).toEqual({
      code: 0,
      out: '{"visible":0,"leased":0,"delayed":0}\n',
      err: `there is no queue file ${folder.file("q.db")} yet\n`,
    });
    expect(existsSync(folder.file("q.db"))).toBe(false);
  });

  it("says that there is no queue of that name in the file, and which may be meant", async () => {
    await folder.run(["queue", "send", url, "-"], { input: "a" });
    expect(await folder.run(["queue", "stats", "sqlite:q.db?queue=text", "--json"])).toEqual({
      code: 0,
      out: '{"visible":0,"leased":0,"delayed":0}\n',
      err: `there is no queue "text" in ${folder.file("q.db")} yet; did you mean "texts"?\n`,
    });
  });

  it("names a damaged file and leaves it as it is", async () => {
    writeFileSync(folder.file("q.db"), "this is no database, but something that a person wrote".repeat(100));
    const { code, err } = await folder.run(["queue", "stats", url]);
    expect(code).toBe(1);
    expect(err).toContain(folder.file("q.db"));
    expect(err).not.toContain("    at ");
  });
});

describe("a queue file that cannot be used", () => {
  const user = process.getuid?.();

  it.each([
    ["whose folder is a file", "sqlite:plain/q.db", "a part of its path is a file, not a folder"],
    ["that is a folder", "sqlite:folder", "this is a folder"],
    ["that is a link to itself", "sqlite:circle", "its links lead round in a circle"],
  ])("%s is no empty queue to any command", async (_what, queue, reason) => {
    writeFileSync(folder.file("plain"), "");
    mkdirSync(folder.file("folder"));
    symlinkSync("circle", folder.file("circle"));
    await expectProblem(queue, reason);
  });

  it.skipIf(user === undefined || user === 0)("by this user is no empty queue either", async () => {
    await folder.run(["queue", "send", "sqlite:closed/q.db", "-"], { input: "a" });
    chmodSync(folder.file("closed"), 0);
    try {
      await expectProblem("sqlite:closed/q.db", "you may not read and write it, or not its folder");
    } finally {
      chmodSync(folder.file("closed"), 0o700);
    }
  });

  async function expectProblem(queue: string, reason: string): Promise<void> {
    for (const words of [
      ["queue", "stats", queue],
      ["queue", "send", queue, "-"],
      ["errors", "list", "--error-queue", queue],
      ["done", "list", "--done-queue", queue, "--json"],
      ["schedule", "-", "--task-queue", queue],
    ]) {
      const { code, out, err } = await folder.run(words, { input: emptyTask(1) });
      expect({ code, out }, words.join(" ")).toEqual({ code: 1, out: "" });
      expect(err).toMatch(
        new RegExp(`^simpletasks: the queue file .* cannot be used: ${reason}\\nhint: .*\\n$`),
      );
    }
    const { code, out } = await folder.run(["status", "--error-queue", queue]);
    expect(code).toBe(1);
    expect(out).toMatch(new RegExp(`error queue +the queue file .* cannot be used: ${reason}`));
  }
});
