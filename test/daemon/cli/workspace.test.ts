import { existsSync } from "node:fs";
import { readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeFolder, type Folder } from "./command-line.ts";
import { typeMistakes } from "./workspace-types.ts";

let folder: Folder;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

describe("a new workspace", () => {
  it("tests itself, schedules its batch and runs it, with nothing installed", async () => {
    const made = await folder.run(["init"]);
    expect(made).toMatchObject({ code: 0, err: "" });
    expect(made.out).toContain(`made a workspace in ${folder.path}\n`);
    expect(made.out).toContain("  simpletasks schedule weather.tasks.json");
    expect(made.out).toMatch(/^git ignores \.simpletasks, .*simpletasks init once\n$/m);

    const tested = await folder.run(["test"]);
    expect(tested).toMatchObject({ code: 0, err: "", out: expect.stringContaining("pass 3") });
    const scheduled = await folder.run(["schedule", "weather.tasks.json"]);
    expect(scheduled.out).toContain("scheduled 3 tasks in ");
    const ran = await folder.run(["daemon", "--until-drained"]);
    expect(ran.out).toMatch(/^3 tasks done, 0 failed/);
    const summary = folder.file(".simpletasks", "bucket", "weather", "1_summary", "oslo.json");
    expect(JSON.parse(await readFile(summary, "utf8"))).toEqual({
      count: 5,
      least: -4.2,
      greatest: 1.6,
      mean: -1.2,
    });
  });

  it("refuses a payload with a key that its type does not have", async () => {
    await folder.run(["init"]);
    const payload = { column: "rain", decimal: 1 };
    const task = JSON.stringify({ task: "SUMMARIZE", base_directory: "weather", payload });
    const { code, err } = await folder.run(["schedule", "-"], { input: task });
    expect(code).toBe(1);
    expect(err).toContain('Unrecognized key: "decimal"');
  });

  it("runs NO_OP too", async () => {
    await folder.run(["init"]);
    const task = '{"task":"NO_OP","base_directory":"weather","inputs":["0_input/oslo.csv"],"payload":null}';
    await folder.run(["schedule", "-"], { input: task });
    expect((await folder.run(["daemon", "--until-drained"])).out).toMatch(/^1 task done, 0 failed/);
    expect(existsSync(folder.file(".simpletasks", "bucket", "weather", "0_output", "oslo.csv"))).toBe(true);
  });

  it("has no mistake for the compiler, and knows the payload's type", async () => {
    await folder.run(["init"]);
    expect(typeMistakes(folder.path)).toEqual([]);

    const file = folder.file("tasks", "summarize.task.ts");
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace("task.payload;", "task.payload;\n    decimals.trim();"));
    expect(typeMistakes(folder.path)).toEqual([
      expect.stringMatching(/^tasks\/summarize\.task\.ts.*'trim' does not exist on type 'number'/),
    ]);
  });

  it("knows Node's modules, Buffer, fetch and what a test imports", async () => {
    await folder.run(["init"]);
    const text = `import { createReadStream } from "node:fs";
      import { spawn } from "node:child_process";
      import { describe } from "node:test";
      import { bucketContract, runTask } from "simpletasks/testing";
      import { schedule, SimpleTasksError } from "simpletasks";
      const text: string = Buffer.from("x").toString("base64");
      const status: number = (await fetch("http://localhost")).status;
      using _timer = setTimeout(() => {}, status);
      console.log(createReadStream, spawn, describe, bucketContract, runTask, schedule, SimpleTasksError, text);
    `;
    await writeFile(folder.file("more.ts"), text);
    expect(typeMistakes(folder.path)).toEqual([]);
  });

  it("lies in a folder of its own when one is named, and is private where its state lies", async () => {
    const { out } = await folder.run(["init", "my data/cells"]);
    expect(out).toContain("  cd 'my data/cells'\n");
    const state = folder.file("my data", "cells", ".simpletasks");
    expect((await stat(state)).mode & 0o777).toBe(0o700);
    expect(await readFile(`${state}/.gitignore`, "utf8")).toBe("*\n");
  });

  it("tells programs what it made", async () => {
    const { out } = await folder.run(["init", "a", "--json"]);
    const told: { made: string[]; left: string[] } = JSON.parse(out);
    expect(told).toMatchObject({ workspace: folder.file("a"), new: true, left: [] });
    expect(told.made).toContain("tasks/summarize.task.ts");
    for (const name of told.made) expect(existsSync(folder.file("a", name))).toBe(true);
  });
});

describe("what exists", () => {
  it("is left as it is, and told", async () => {
    const own = { "tsconfig.json": "{}", "weather.tasks.json": "[]", "package.json": '{"type":"commonjs"}' };
    for (const [name, text] of Object.entries(own)) await writeFile(folder.file(name), text);
    const { code, out, err } = await folder.run(["init"]);
    expect(code).toBe(0);
    expect(out).toContain("simpletasks.json ");
    expect(err).toContain("left as it was: weather.tasks.json, tsconfig.json\n");
    expect(err).toContain('"extends": "./.simpletasks/tsconfig.json"');
    for (const [name, text] of Object.entries(own)) {
      expect(await readFile(folder.file(name), "utf8")).toBe(text);
    }
    // Task files are modules whatever package.json says.
    expect((await folder.run(["test"])).code).toBe(0);
  });

  it("is not reached through a link either", async () => {
    await symlink("elsewhere.json", folder.file("weather.tasks.json"));
    await folder.run(["init"]);
    expect(existsSync(folder.file("elsewhere.json"))).toBe(false);
  });

  it("stays in a second run, which brings the types up to date and nothing else", async () => {
    await folder.run(["init"]);
    await writeFile(folder.file("simpletasks.json"), '{"tasks": []}');
    await writeFile(folder.file("tasks", "summarize.task.ts"), "mine");
    await writeFile(folder.file(".simpletasks", "types", "stale.d.ts"), "");
    await writeFile(folder.file(".simpletasks", "types", "simpletasks", "library.d.ts"), "");
    const before = await readdir(folder.path);
    const { code, out } = await folder.run(["init"]);
    expect({ code, out }).toEqual({
      code: 0,
      out: `${folder.path} is a workspace already: its types are up to date\n`,
    });
    expect(await readdir(folder.path)).toEqual(before);
    expect(await readFile(folder.file("simpletasks.json"), "utf8")).toBe('{"tasks": []}');
    expect(await readFile(folder.file("tasks", "summarize.task.ts"), "utf8")).toBe("mine");
    expect(existsSync(folder.file(".simpletasks", "types", "stale.d.ts"))).toBe(false);
    const library = folder.file(".simpletasks", "types", "simpletasks", "library.d.ts");
    expect(await readFile(library, "utf8")).toContain("defineTask");
  });

  it("gets its types where it was written by hand or cloned without its state", async () => {
    await writeFile(folder.file("simpletasks.json"), "{}");
    const { out } = await folder.run(["init"]);
    expect(out).toContain("  tsconfig.json\n");
    expect(existsSync(folder.file("tasks"))).toBe(false);
    await writeFile(folder.file("a.ts"), 'import { z } from "simpletasks";\nz.string().trim();\n');
    expect(typeMistakes(folder.path)).toEqual([]);
  });

  it("is no place for an example: nothing is made", async () => {
    await writeFile(folder.file("simpletasks.json"), "{}");
    const { code, out, err } = await folder.run(["init", "--example", "no-op"]);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(/is a workspace already: nothing was made\nhint: .*name another folder/);
    expect(await readdir(folder.path)).toEqual(["simpletasks.json"]);
  });

  it("is another workspace around it: that is told", async () => {
    await folder.run(["init"]);
    const { err } = await folder.run(["init", "inner"]);
    expect(err).toContain(`lies within another one, that of ${folder.file("simpletasks.json")}\n`);
  });
});

it.each([
  ["a file", "file", /cannot be made: a file is where a folder must be\n$/],
  ["a folder below a file", "file/below", /cannot be made: a file is where a folder must be\n$/],
])("%s is no place for a workspace", async (_what, place, message) => {
  await writeFile(folder.file("file"), "");
  const { code, err } = await folder.run(["init", place]);
  expect(code).toBe(1);
  expect(err).toMatch(message);
});
