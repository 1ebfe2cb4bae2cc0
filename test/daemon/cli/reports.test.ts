import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { end, makeFolder, type Folder } from "./command-line.ts";

let folder: Folder;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const task =
  '{"basic_info":{"id":9223372036854775807,"name":"NO_OP","base_directory":"d","inputs":["\\u00e4"]},"payload_info":1.0}';
const errorReport = `{"host_info":{"hostname":"h","user":"u"},"task":${task},"exception":"it broke\\nat line 3"}`;
const doneReport = `{"host_info":{"hostname":"h","user":"u"},"task":${task},"result":{"success":true,"outputs":["d/x","d/y"]}}`;

const time = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);

/** A table's rows, each as its cells that are not empty. */
function cellsOf(out: string): string[][] {
  return out
    .trimEnd()
    .split("\n")
    .map((line) => line.trim().split(/ {2,}/));
}

describe("listing reports", () => {
  it("shows whose they are and what happened", async () => {
    await folder.run(["queue", "send", "tasks-errors", "-"], { input: `${errorReport}\nwhat is this\n` });
    await folder.run(["queue", "send", "tasks-done", "-"], { input: doneReport });
    const errors = await folder.run(["errors", "list"]);
    expect(cellsOf(errors.out)).toEqual([
      ["id", "reported", "task", "input", "batch", "phase", "error"],
      ["1", time, "NO_OP 9223372036854775807", "ä", "it broke"],
      ["2", time, "unknown", "what is this"],
    ]);
    const done = await folder.run(["done", "list"]);
    expect(cellsOf(done.out)).toEqual([
      ["id", "reported", "task", "batch", "outputs", "seconds", "host"],
      ["1", time, "NO_OP 9223372036854775807", "2", "h"],
    ]);
  });

  it("gives them as they lie in the queue, and leaves them there", async () => {
    const texts = `${errorReport}\n\u001b[31mnot JSON\n`;
    await folder.run(["queue", "send", "tasks-errors", "-"], { input: texts });
    for (let time = 0; time < 2; time += 1) {
      expect((await folder.run(["errors", "list", "--json"])).out).toBe(texts);
    }
  });

  it("lets no text that anybody wrote reach the terminal as it is", async () => {
    const text = "\u001b]0;owned\u0007 \u202eabc\u009b31m";
    await folder.run(["queue", "send", "tasks-errors", "-"], { input: text });
    const { out } = await folder.run(["errors", "list"]);
    expect(cellsOf(out).at(-1)).toEqual([
      "1",
      time,
      "unknown",
      "\\u{1b}]0;owned\\u{7} \\u{202e}abc\\u{9b}31m",
    ]);
  });

  it("shows a hundred, or as many as asked for, and tells how many more there are", async () => {
    const input = Array.from({ length: 1203 }, () => `${doneReport}\n`).join("");
    await folder.run(["queue", "send", "tasks-done", "-"], { input });
    const lines = (text: string): number => text.split("\n").length - 1;
    const few = await folder.run(["done", "list", "--limit", "3"]);
    expect({ lines: lines(few.out), err: few.err }).toEqual({
      lines: 4,
      err: "and 1,200 more reports (--limit N shows more, --all all)\n",
    });
    expect(lines((await folder.run(["done", "list"])).out)).toBe(101);
    const all = await folder.run(["done", "list", "--all"]);
    expect({ lines: lines(all.out), err: all.err }).toEqual({ lines: 1204, err: "" });
    expect(lines((await folder.run(["done", "list", "--json"])).out)).toBe(1203);
  });

  it("ends quietly when its reader goes away", async () => {
    const input = Array.from({ length: 4000 }, () => `${doneReport}\n`).join("");
    await folder.run(["queue", "send", "tasks-done", "-"], { input });
    const child = folder.start(["done", "list", "--json"]);
    child.stdout.once("data", () => child.stdout.destroy());
    expect(await end(child)).toMatchObject({ code: 0, err: "" });
  });

  it("says so when there are none, and when there is no done queue", async () => {
    expect((await folder.run(["errors", "list"])).err).toMatch(/^no reports in sqlite:/);
    const { code, err } = await folder.run(["done", "list", "--done-queue", "none"]);
    expect(code).toBe(2);
    expect(err).toMatch(/there is no done queue/);
  });
});
