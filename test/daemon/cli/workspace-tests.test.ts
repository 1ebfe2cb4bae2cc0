import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { end, makeFolder, type Folder } from "./command-line.ts";

let folder: Folder;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

describe("simpletasks test", () => {
  const write = async (name: string, text: string): Promise<void> => {
    await mkdir(folder.file("tasks", "deep"), { recursive: true });
    await writeFile(folder.file(name), `import { test } from "node:test";\n${text}`);
  };

  it("says so when a test fails", async () => {
    await write("a.test.ts", 'test("adds up", () => { throw new Error("one and one"); });\n');
    const { code, out } = await folder.run(["test"]);
    expect(code).toBe(1);
    expect(out).toMatch(/✖ adds up[^]*one and one/);
    expect(out).toContain("fail 1");
  });

  it("finds the workspace's tests from any of its folders, but not what is installed", async () => {
    await writeFile(folder.file("simpletasks.json"), "{}");
    await write("tasks/deep/one.test.ts", 'test("one", () => {});');
    await write("two.test.ts", 'test("two", () => {});');
    await mkdir(folder.file("node_modules", "other"), { recursive: true });
    await write("node_modules/other/three.test.ts", 'test("three", () => {});');
    const { code, out, err } = await folder.run(["test", "--reporter", "tap"], { directory: "tasks" });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/# Subtest: one[^]*# Subtest: two/);
    expect(out).not.toContain("three");
  });

  it("runs the files and the names that are asked for", async () => {
    await write("a.test.ts", 'test("apple", () => {}); test("pear", () => {});');
    await write("b.test.ts", 'test("fig", () => {});');
    const { out } = await folder.run(["test", "a.test.ts", "--name", "^pear$"]);
    expect(out).toContain("✔ pear");
    expect(out).not.toMatch(/apple|fig/);
  });

  it.each([
    ["nomatch", 1, 'no test is named "nomatch": none was run\n'],
    ["/^PEAR$/i", 0, ""],
  ])("--name %s: exit code %i", async (name, code, err) => {
    await write("a.test.ts", 'test("apple", () => {}); test("pear", () => {});');
    await write("b.test.ts", 'test("fig", () => {});');
    expect(await folder.run(["test", "--name", name])).toMatchObject({ code, err });
  });

  it("hands tests its environment, and runs within another test run", async () => {
    await write(
      "a.test.ts",
      'test("sees it", () => { if (process.env["SEEN"] !== "yes") throw new Error(); });',
    );
    const environment = { SEEN: "yes", NODE_TEST_CONTEXT: "child-v8" };
    const { code, out } = await folder.run(["test"], { environment });
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining("✔ sees it") });
  });

  it("shows of a task that failed a sentence and a place in its author's code, nothing twice and nothing empty", async () => {
    await write(
      "a.test.ts",
      `import { defineTask, z } from "simpletasks";
      import { runTask } from "simpletasks/testing";
      const a = defineTask({ name: "A", payload: z.object({ n: z.int() }), execute() { throw new RangeError("far"); } });
      test("payload", () => runTask(a, { payload: {} }));
      test("throw", () => runTask(a, { payload: { n: 1 } }));`,
    );
    const { out } = await folder.run(["test"]);
    expect(out).toMatch(
      /A failed in validate: The payload is not what A takes: payload_info\.n: .*\n +Correct payload_info, .*\n +at .*a\.test\.ts:5.* \{\n +code: 'payload_invalid',\n +about: \{ phase: 'validate' \}\n +\}\n/,
    );
    expect(out).toMatch(
      /A failed in execute: RangeError: far\n +at .*a\.test\.ts:4.* \{\n +code: 'task_failed',\n +about: \{ phase: 'execute' \}\n +\}\n/,
    );
  });

  it("ends with its tests when it is stopped", async () => {
    await write(
      "a.test.ts",
      'test("waits", () => { console.log("begun"); return new Promise(() => setInterval(() => {}, 1000)); });',
    );
    const child = folder.start(["test"]);
    const ended = end(child);
    await once(child.stdout, "data");
    child.kill("SIGTERM");
    expect(await ended).toMatchObject({ code: 143, err: expect.stringContaining("simpletasks: stopped\n") });
  });

  it("says nothing when its reader goes away", async () => {
    // Node's runner may notice this after its own end, when it handles no errors any more: here nobody else does.
    const hooks = new URL("../../../dist/test-hooks.mjs", import.meta.url).href;
    const report = 'setInterval(() => process.stdout.write("a line\\n"), 1)';
    const child = spawn(process.execPath, ["--import", hooks, "-e", report]);
    child.stdout.destroy();
    expect(await end(child)).toMatchObject({ code: 1, err: "" });
  });

  it.each([
    [["test"], /there are no tests in .*\nhint: .*\*\.test\.ts/],
    [["test", "absent.test.ts"], /there is no test file absent\.test\.ts/],
    [["test", "--reporter", "loud"], /there is no reporter "loud"/],
    [["test", "--name", "("], /^simpletasks: --name: Invalid regular expression: .*\nhint: .*\n$/],
  ])("%j: exit code 2 and what is wrong", async (words, message) => {
    if (words.some((word) => word.startsWith("--"))) await write("a.test.ts", "");
    const { code, err } = await folder.run(words);
    expect(err).toMatch(message);
    expect(code).toBe(2);
  });
});
