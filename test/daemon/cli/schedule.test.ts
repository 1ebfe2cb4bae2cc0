import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openQueue } from "../../../shared/queue/open.ts";
import { parseTask, taskText, withBatch } from "../../../shared/task/document.ts";
import { demoTasks } from "../../../daemon/cli/demo/dataset.ts";
import { emptyTask, end, makeFolder, type Folder } from "./command-line.ts";

let folder: Folder;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

async function messages(): Promise<string[]> {
  await using queue = await openQueue("sqlite:.simpletasks/queue.db?queue=tasks", {
    baseDirectory: folder.path,
  });
  const found = (await queue.peek?.({ max: 100 })) ?? [];
  return found.map(({ body }) => body);
}

describe("what is scheduled", () => {
  it("a list and lines give the same messages, in their order, in a queue that is made for them", async () => {
    const entries = [
      emptyTask(7),
      '{"task":"NO_OP","base_directory":"data","inputs":["a.dat"],"payload":{"x":1.0}}',
    ];
    writeFileSync(folder.file("list.tasks.json"), `[\n ${entries.join(",\n ")}\n]\n`);
    writeFileSync(folder.file("lines.tasks.jsonl"), `${entries.join("\n")}\n\n`);
    for (const file of ["list.tasks.json", "lines.tasks.jsonl"]) {
      expect(await folder.run(["schedule", file])).toMatchObject({ code: 0, err: "" });
    }
    const found = await messages();
    expect(found.map((body) => parseTask(body).id)).toEqual([7, 1, 7, 1]);
    expect(found[1]).toContain('"payload_info":{"x":1.0}');
    expect(parseTask(found[1] ?? "").inputs).toEqual(["a.dat"]);
  });

  it("a whole task document keeps its digits and its other keys, and leaves in ASCII", async () => {
    const document =
      '{"basic_info":{"id":9223372036854775807,"name":"NO_OP","base_directory":"d","inputs":[]},"payload_info":1.50,"note":"ä"}';
    await folder.run(["schedule", "-"], { input: document });
    const [body = ""] = await messages();
    expect(body).toContain('"id":9223372036854775807');
    expect(body).toContain('"payload_info":1.50,"note":"\\u00e4"');
  });

  it("all tasks of one run carry its batch, which it tells", async () => {
    const { out } = await folder.run(["schedule", "-", "--json"], {
      input: `${emptyTask(1)}\n${emptyTask(2)}`,
    });
    const told: unknown = JSON.parse(out);
    expect(told).toMatchObject({ scheduled: 2 });
    const batches = new Set((await messages()).map((body) => parseTask(body).batch));
    expect(told).toMatchObject({ batch: [...batches][0] });
    expect(batches.size).toBe(1);
  });

  it.each(["", "\n", "[]"])("%j holds no tasks: nothing is scheduled, and no queue is made", async (text) => {
    writeFileSync(folder.file("no.tasks"), text);
    expect(await folder.run(["schedule", "no.tasks"])).toEqual({
      code: 1,
      out: "",
      err: "simpletasks: no tasks in no.tasks\n",
    });
    expect(existsSync(folder.file(".simpletasks"))).toBe(false);
  });
});

describe("a mistake in the list", () => {
  it.each([
    [
      "bad.tasks.jsonl",
      `${emptyTask(1)}\n{"task":"NO_OP"}\n`,
      /^simpletasks: bad\.tasks\.jsonl:2:1: base_directory is missing\nhint: In short/,
    ],
    [
      "list.tasks.jsonl",
      `\n[\n${emptyTask(1)}\n]\n`,
      /^simpletasks: list\.tasks\.jsonl:2:1: here is a list, .*\nhint: .* is named \*\.tasks\.json\.\n$/,
    ],
    [
      "bad.tasks.json",
      `[${emptyTask(1)},\n  {"tsk":"NO_OP","base_directory":"d"}]`,
      /^simpletasks: bad\.tasks\.json:2:3: task is missing\n {2}bad\.tasks\.json:2:4: unknown key "tsk"; did you mean "task"\?/,
    ],
    [
      "bad.tasks.json",
      `[${emptyTask(1)},\n  ]`,
      /^simpletasks: bad\.tasks\.json:2:3: a comma stands before this \], and JSON allows none after the last value\n/,
    ],
  ])("of %s is told with its place, and nothing is sent", async (file, text, message) => {
    writeFileSync(folder.file(file), text);
    const { code, out, err } = await folder.run(["schedule", file]);
    expect(err).toMatch(message);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(existsSync(folder.file(".simpletasks"))).toBe(false);
  });

  it("that is no UTF-8 is no text that could be meant", async () => {
    const { code, err } = await folder.run(["schedule", "-"], { input: Uint8Array.of(0x7b, 0xff, 0x0a) });
    expect({ code, err }).toEqual({
      code: 1,
      err: "simpletasks: standard input: the text is not UTF-8, at line 1 or soon after\n",
    });
  });
});

it("a file that is not there cannot be scheduled, like one that is wrong", async () => {
  expect(await folder.run(["schedule", "none.tasks.json"])).toEqual({
    code: 1,
    out: "",
    err: "simpletasks: none.tasks.json: there is no such file\n",
  });
});

it("a file that is not there is told with the one that was probably meant", async () => {
  mkdirSync(folder.file("convert.task.jso"));
  writeFileSync(folder.file("convert.tasks.json"), "");
  const near = `there is no such file; did you mean "convert.tasks.json"?\n`;
  expect(await folder.run(["schedule", "convert.task.json"])).toMatchObject({
    code: 1,
    err: `simpletasks: convert.task.json: ${near}`,
  });
});

const grid = {
  task: "NO_OP",
  base_directory: "datasets/noop_dataset",
  inputs: ["0_input/${i}.dat", "0_input/${i+1}.dat"],
  payload: "NoOp Task for ${i}:${i+1}",
  for_each: { i: { range: [0, 8] } },
};

describe("a template", () => {
  it("of SimpleTasks' example schedules the demo's nine tasks", async () => {
    writeFileSync(folder.file("grid.tasks.json"), JSON.stringify(grid, undefined, 2));
    const { out } = await folder.run(["schedule", "grid.tasks.json", "--json"]);
    const { batch }: { readonly batch: string } = JSON.parse(out);
    expect(await messages()).toEqual(
      demoTasks.map((task, position) => withBatch(taskText(task), { batch, position })),
    );
  });

  it("comes from standard input too, over as many lines as it likes", async () => {
    const input = JSON.stringify(grid, undefined, 2);
    expect(await folder.run(["schedule", "-"], { input })).toMatchObject({ code: 0, err: "" });
    expect(await messages()).toHaveLength(9);
  });

  it("finds keys in the bucket; one that is not made yet is as good as empty, and stays unmade", async () => {
    const text =
      '{"task":"NO_OP","base_directory":"data","inputs":["${f}"],"for_each":{"f":{"glob":"**/*.dat"}}}';
    writeFileSync(folder.file("all.tasks.json"), text);
    expect((await folder.run(["schedule", "all.tasks.json"])).err).toMatch(
      /^simpletasks: all\.tasks\.json:1:\d+: no key under data in file:.* matches the glob \*\*\/\*\.dat of f\n$/,
    );
    expect(existsSync(folder.file(".simpletasks"))).toBe(false);
    mkdirSync(folder.file(".simpletasks/bucket/data/a"), { recursive: true });
    for (const name of ["2.dat", "10.dat", "a/1.dat", "a/1.txt"]) {
      writeFileSync(folder.file(".simpletasks/bucket/data", name), "x");
    }
    await folder.run(["schedule", "all.tasks.json"]);
    expect((await messages()).map((body) => parseTask(body).inputs)).toEqual([
      ["10.dat"],
      ["2.dat"],
      ["a/1.dat"],
    ]);
  });
});

describe("the first pass", () => {
  beforeEach(() => {
    writeFileSync(folder.file("simpletasks.json"), "{}");
    mkdirSync(folder.file("tasks"));
    writeFileSync(
      folder.file("tasks/grow.task.ts"),
      `import { defineTask, z } from "simpletasks";
      export default defineTask({
        name: "GROW",
        payload: z.object({ sizes: z.array(z.number()) }),
        execute: () => ({ success: true, outputs: {} }),
      });`,
    );
  });

  const grow = (payload: unknown): string => JSON.stringify({ task: "GROW", base_directory: "d", payload });
  const mixed = `[\n${grow({ sizes: [1] })},\n${grow({ sizes: [1, "x"] })},\n${grow({ sizes: [] })},\n${emptyTask(7)}]`;

  it("asks the task types' schemas; nothing is sent when one task is wrong", async () => {
    writeFileSync(folder.file("a.tasks.json"), mixed);
    const { code, out, err } = await folder.run(["schedule", "a.tasks.json", "--json"]);
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringMatching(
        /^simpletasks: a\.tasks\.json:3:59: payload\.sizes\[1\]: .*number.*\nhint: --skip-invalid sends the other 3 tasks\.\n$/,
      ),
    });
    expect(JSON.parse(out)).toMatchObject({
      scheduled: 0,
      tasks: 4,
      invalid: 1,
      mistakes: [{ code: "payload_invalid", file: "a.tasks.json", line: 3, column: 59 }],
    });
    expect(existsSync(folder.file(".simpletasks/queue.db"))).toBe(false);
  });

  it("with --skip-invalid leaves out what is wrong; the others keep their places", async () => {
    writeFileSync(folder.file("a.tasks.json"), mixed);
    const { code, out, err } = await folder.run(["schedule", "a.tasks.json", "--skip-invalid"]);
    expect({ code, out }, err).toEqual({ code: 0, out: expect.stringMatching(/^scheduled 3 tasks in /) });
    expect(err).toMatch(/^skipped: 1 task that is wrong\n {2}a\.tasks\.json:3:59: payload\.sizes\[1\]: /);
    expect(
      (await messages()).map((body) => parseTask(body)).map(({ id, position }) => [id, position]),
    ).toEqual([
      [0, 0],
      [2, 2],
      [7, 3],
    ]);
    writeFileSync(folder.file("a.tasks.json"), grow(1));
    expect(await folder.run(["schedule", "a.tasks.json", "--skip-invalid"])).toMatchObject({
      code: 1,
      out: "",
    });
  });

  it("names the first twenty mistakes and counts the rest", async () => {
    writeFileSync(folder.file("a.tasks.jsonl"), `${grow(1)}\n`.repeat(25));
    const { err } = await folder.run(["schedule", "a.tasks.jsonl"]);
    const lines = err.trimEnd().split("\n");
    expect(lines).toHaveLength(22);
    expect(lines.slice(-2)).toEqual(["  and 5 more", "  25 of 25 tasks are wrong, and none was sent"]);
  });

  it("refuses types that no task file has, unless --allow-unknown; a file that does not load is told", async () => {
    writeFileSync(folder.file("tasks/broken.task.ts"), "export default 7 +;");
    writeFileSync(folder.file("a.tasks.json"), '{"task":"GRWO","base_directory":"d"}');
    const refused = await folder.run(["schedule", "a.tasks.json"]);
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect(refused.err).toMatch(/^warning: .*broken\.task\.ts/);
    expect(refused.err).toMatch(
      /a\.tasks\.json:1:9: task: there is no task type "GRWO"; did you mean "GROW"\?\nhint: .*--allow-unknown/,
    );
    const allowed = await folder.run(["schedule", "a.tasks.json", "--allow-unknown"]);
    expect(allowed).toMatchObject({ code: 0, out: expect.stringMatching(/^scheduled 1 task in /) });
  });
});

describe("--dry-run", () => {
  it("tells how many tasks, three of them, and the inputs that are missing, and leaves nothing behind", async () => {
    writeFileSync(folder.file("grid.tasks.json"), JSON.stringify(grid));
    const empty = await folder.run(["schedule", "grid.tasks.json", "--dry-run", "--json"]);
    expect(JSON.parse(empty.out)).toMatchObject({
      tasks: 9,
      scheduled: 0,
      inputs: { keys: 10, bytes: 0, missing: 10 },
    });
    expect(existsSync(folder.file(".simpletasks"))).toBe(false);

    const inputs = folder.file(".simpletasks/bucket/datasets/noop_dataset/0_input");
    mkdirSync(inputs, { recursive: true });
    for (let index = 0; index < 8; index += 1) writeFileSync(`${inputs}/${index}.dat`, "12345");
    const found = await folder.run(["schedule", "grid.tasks.json", "--dry-run", "--json"]);
    expect(JSON.parse(found.out)).toMatchObject({
      inputs: {
        keys: 10,
        bytes: 40,
        missing: 2,
        first_missing: ["datasets/noop_dataset/0_input/8.dat", "datasets/noop_dataset/0_input/9.dat"],
      },
      samples: demoTasks.slice(0, 3).map((task) => JSON.parse(taskText(task))),
    });
    const { code, out, err } = await folder.run(["schedule", "grid.tasks.json", "--dry-run"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(
      /^tasks +9, none was sent\n.*\n.*\ninputs +10 objects, 40 B\nmissing +2 inputs\n {2}datasets.*8\.dat\n {2}datasets.*9\.dat\n\nthe first 3 tasks\n/,
    );
    expect(existsSync(folder.file(".simpletasks/queue.db"))).toBe(false);
  });
});

it("Ctrl-C while the batch is checked sends nothing", async () => {
  const text = '{"task":"NO_OP","base_directory":"d","for_each":{"i":{"range":[1,1000000000000]}}}';
  const child = folder.start(["schedule", "-"], { environment: { TMPDIR: folder.path } });
  child.stdin.end(text);
  // The copy of standard input is whole once it is read; then the endless first pass begins.
  await vi.waitFor(() => expect(copies().map((copy) => readFileSync(copy, "utf8"))).toEqual([text]), 20_000);
  child.kill("SIGINT");
  expect(await end(child)).toEqual({
    code: 130,
    out: "",
    err: expect.stringMatching(/^simpletasks: stopped( while the batch was checked: nothing was sent)?\n$/),
  });
  expect(copies()).toEqual([]);
  expect(existsSync(folder.file(".simpletasks"))).toBe(false);

  function copies(): string[] {
    return readdirSync(folder.path)
      .filter((name) => name.startsWith("simpletasks-schedule-"))
      .map((name) => folder.file(name, "batch"))
      .filter((copy) => existsSync(copy));
  }
});
