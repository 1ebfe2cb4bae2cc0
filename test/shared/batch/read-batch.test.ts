import { appendFileSync } from "node:fs";
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkBatch, mistakesKept } from "../../../shared/batch/check-batch.ts";
import type { Batch } from "../../../shared/batch/read-batch.ts";
import { readTasks } from "../../../shared/batch/read-tasks.ts";
import { createMemoryBucket } from "../../../shared/bucket/memory.ts";
import { SimpleTasksError } from "../../../shared/errors.ts";
import { parseTask } from "../../../shared/task/document.ts";
import { check, makeFiles, messagesOf, mistakesIn, type Files } from "./batch-under-test.ts";

let files: Files;
beforeEach(() => {
  files = makeFiles();
});
afterEach(() => files[Symbol.dispose]());

const short = '{"task":"NO_OP","base_directory":"d"}';
const document =
  '{"basic_info": {"id": 9223372036854775807, "name": "NO_OP", "base_directory": "d", "inputs": []}, "payload_info": 1.50, "note": "ä"}';
const template = '{"task":"NO_OP","base_directory":"d","for_each":{"i":{"range":[1,3]}}}';

describe("a batch file", () => {
  it("says the same as a list, as lines, and with a name that says nothing", async () => {
    const entries = [short, template, document];
    const list = await messagesOf(files.batch(`[${entries.join(",\n")}]`));
    expect(list.map((message) => parseTask(message).id)).toEqual([0, 1, 2, 3, 9223372036854775807n]);
    expect(list.at(-1)).toBe(document.replace("ä", String.raw`\u00e4`));
    for (const [name, text] of [
      ["lines.jsonl", `${entries.join("\r\n")}\n\n`],
      ["lines.ndjson", entries.join("\n")],
      ["list", `\n [${entries.join(",")}]`],
      ["lines", `\n${entries.join("\n")}`],
      ["mark.json", `\uFEFF[${entries.join(",")}]`],
      ["mark.jsonl", `\uFEFF${entries.join("\n")}`],
    ] as const) {
      expect(await messagesOf(files.batch(text, { name }))).toEqual(list);
    }
  });

  it("of a name that says nothing is told by its first line, however long that is", async () => {
    const long = JSON.stringify({ task: "NO_OP", base_directory: "d", payload: "x".repeat(600_000) });
    for (const [text, count] of [
      [`${long}\n${short}`, 2],
      [`${long.slice(0, -1)}\n}`, 1],
      [`[${long},${short}]`, 2],
      [`${" ".repeat(600_000)}\n${" ".repeat(300_000)}[\n${short},${short}\n]`, 2],
      [`${" ".repeat(600_000)}${short} \r\n${short}`, 2],
      [`${short}${" ".repeat(600_000)}\n${short}`, 2],
    ] as const) {
      expect(await messagesOf(files.batch(text, { name: "batch" }))).toHaveLength(count);
    }
  });

  it("may be one object over many lines", async () => {
    const [{ for_each: _, ...rest }] = [JSON.parse(template)];
    const text = JSON.stringify({ ...rest, for_each: { i: { range: [1, 3] } } }, undefined, 2);
    for (const name of ["one.tasks.json", "one"])
      expect(await messagesOf(files.batch(text, { name }))).toHaveLength(3);
  });

  it("tells of each entry its position, its count and its lines", async () => {
    const found = [];
    for await (const { kind, position, count, line, column, endLine } of files
      .batch(`[\n${short},\n  ${template.replace(",", ",\n")}, 7,\n${short}]`)
      .entries()) {
      found.push({ kind, position, count, line, column, endLine });
    }
    expect(found).toEqual([
      { kind: "sound", position: 0, count: 1, line: 2, column: 1, endLine: 2 },
      { kind: "sound", position: 1, count: 3, line: 3, column: 3, endLine: 4 },
      { kind: "wrong", position: 4, count: 1, line: 4, column: expect.any(Number), endLine: 4 },
      { kind: "sound", position: 5, count: 1, line: 5, column: 1, endLine: 5 },
    ]);
  });

  it("makes the same message of an entry however it is laid out", async () => {
    const value = { task: "NO_OP", base_directory: "d", inputs: ["a b", "c"], payload: { x: [1, " y "] } };
    const [plain] = await messagesOf(files.batch(JSON.stringify(value)));
    expect(await messagesOf(files.batch(JSON.stringify(value, undefined, "\t")))).toEqual([plain]);
  });

  it("that is changed while it is read is told", async () => {
    const batch = files.batch(`[${short}]`);
    await messagesOf(batch);
    appendFileSync(path.join(files.folder, batch.name), "\n");
    await expect(messagesOf(batch)).rejects.toMatchObject({
      code: "io",
      message: "batch.tasks.json was changed while it was read",
    });
  });

  it("stops when it is told to, also in the middle of a template", async () => {
    const controller = new AbortController();
    const text = template.replace("[1,3]", "[1,1000000000000]");
    const batch = files.batch(text, { signal: controller.signal });
    const checking = checkBatch(batch, {
      types: {
        types: async () => ({ types: [], failures: [] }),
        check: async (tasks) => tasks.map(() => ({ kind: "fine" })),
      },
      allowUnknown: false,
      onProgress: (checked) => {
        if (checked >= 3000) controller.abort();
      },
      signal: controller.signal,
    });
    await expect(checking).rejects.toMatchObject({ name: "AbortError" });
  });

  it("that ends in the middle tells nothing more once that is told", async () => {
    const told: string[] = [];
    const gone = Promise.withResolvers<void>();
    const whole = files.batch(template.replace("[1,3]", "[1,1000]"));
    async function* entries(): ReturnType<Batch["entries"]> {
      yield* whole.entries();
      gone.resolve();
      throw new SimpleTasksError("io", "the disk is gone");
    }
    const checking = checkBatch(
      { name: whole.name, entries },
      {
        types: {
          types: async () => ({ types: [], failures: [] }),
          check: async (tasks) => {
            await gone.promise;
            await setImmediate();
            return tasks.map(() => ({ kind: "fine" }));
          },
        },
        allowUnknown: false,
        onProgress: (checked) => told.push(`checked ${checked}`),
        signal: new AbortController().signal,
      },
    );
    await checking.catch(({ code }: SimpleTasksError) => told.push(code));
    expect(told).toEqual(["checked 1000", "io"]);
  });
});

describe("mistakes", () => {
  it("of a whole document have the names and places of the document", async () => {
    const text = `[{"basic_info": {"name": "GROW", "base_directory": "d",\n "inputs": ["a", 3]}, "payload_info": {"by": 1}},
      {"basic_info": {"name": "GROW", "base_directory": "d", "inputs": []}, "payload_info": {"by": "x"}},
      {"basic_info": {"name": "NO_OP", "base_directory": "_simpletasks", "inputs": []}, "payload_info": 1, "depends_on": [1]}]`;
    expect(await mistakesIn(files.batch(text))).toEqual([
      "batch.tasks.json:2:18: basic_info.inputs[1] must be a text, not the number 3",
      "batch.tasks.json:3:100: payload_info.by: expected a number",
      "batch.tasks.json:4:122: depends_on is set, but tasks cannot wait for other tasks yet",
    ]);
  });

  it("of a payload stand where its value stands, in a template with the variables", async () => {
    const text =
      '{"task": "GROW", "base_directory": "d", "payload": {"by": "${v}"},\n"for_each": {"v": {"values": [1, "x", 2, "y"]}}}';
    expect(await mistakesIn(files.batch(text))).toEqual([
      'batch.tasks.json:1:59: payload.by: expected a number (v = "x")',
      'batch.tasks.json:1:59: payload.by: expected a number (v = "y")',
    ]);
  });

  it("of an unknown type name the nearest one, unless unknown ones are allowed", async () => {
    const batch = files.batch(`[${short},\n{"task": "GRWO", "base_directory": "d"}]`);
    const { mistakes, tasks, invalid } = await check(batch);
    expect(mistakes.map(({ code, message, about }) => ({ code, message, about }))).toEqual([
      {
        code: "task_type_unknown",
        message: 'batch.tasks.json:2:10: task: there is no task type "GRWO"; did you mean "GROW"?',
        about: { file: "batch.tasks.json", line: 2, column: 10 },
      },
    ]);
    expect({ tasks, invalid }).toEqual({ tasks: 2, invalid: 1 });
    expect(await check(batch, { allowUnknown: true })).toMatchObject({ tasks: 2, invalid: 0, mistakes: [] });
  });

  it("do not hide one another: the first are kept, all are counted, and which tasks have them", async () => {
    const wrong = new Set([0, 1, 2, 999, 1000, 1001, 2500]);
    for (let position = 1200; position < 1230; position += 1) wrong.add(position);
    const lines = Array.from({ length: 3000 }, (_, position) =>
      wrong.has(position) ? '{"task":"GROW","base_directory":"d"}' : short,
    );
    const found = await check(files.batch(lines.join("\n"), { name: "lines.jsonl" }));
    expect(found).toMatchObject({ tasks: 3000, invalid: wrong.size, mistakeCount: wrong.size });
    expect(found.mistakes).toHaveLength(mistakesKept);
    expect(lines.filter((_, position) => found.isInvalid(position) !== wrong.has(position))).toEqual([]);
  });

  it.each([
    ["a.json", "", []],
    [
      "a.json",
      `[${short},\n]`,
      [":2:1: a comma stands before this ], and JSON allows none after the last value"],
    ],
    ["a.json", `${short}\n${short}`, [":2:1: here goes something on after the task's end"]],
    [
      "a.json",
      `[{"task": "NO_OP", "base_directory": "d",}]`,
      [
        ":1:42: this is not JSON: property name expected; JSON has no comments, and no comma after the last value",
      ],
    ],
    ["a.json", `[// one\n${short}]`, [":1:2: this is a comment, and JSON has none"]],
    [
      "a.json",
      `[{"task":"NO_OP","base_directory":"d","payload":{"a":[{"b":1,"b":2}]}}]`,
      [':1:62: the key "b" stands here twice'],
    ],
    [
      "a.json",
      `[${short}, [], null]`,
      [":1:41: a task must be an object, not a list of 0", ":1:45: a task must be an object, not null"],
    ],
    [
      "a.jsonl",
      `${short}\n{"task": }\n{"task"\n${short}`,
      [":2:10: this is not JSON: value expected", ":3:8: this is not JSON: colon expected"],
    ],
    ["a.jsonl", `\n  [${short}]`, [":2:3: here is a list, not one task a line"]],
    ["a.jsonl", `${"[".repeat(100_000)}`, [":1:1: here is a list, not one task a line"]],
    [
      "a.jsonl",
      `{"task":"NO_OP","base_directory":"d","payload":${"[".repeat(100_000)}}`,
      [":1:1: this is nested too deeply to be read"],
    ],
  ])("in %s %.60j are told with their places", async (name, text, mistakes) => {
    expect(await mistakesIn(files.batch(text, { name }))).toEqual(
      mistakes.map((mistake) => `${name}${mistake}`),
    );
  });
});

describe("readTasks", () => {
  it("gives the tasks of a file to code, and throws at the first mistake", async () => {
    files.batch(template, { name: "grid.tasks.json" });
    const tasks = await Array.fromAsync(readTasks(path.join(files.folder, "grid.tasks.json")));
    expect(tasks.map(({ message, position }) => [parseTask(message).id, position])).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
    files.batch(`[${short}, {"task": "NO_OP", "base_directory": "d", "inputs": ["../x"]}]`, {
      name: "bad.tasks.json",
    });
    await expect(Array.fromAsync(readTasks(path.join(files.folder, "bad.tasks.json")))).rejects.toMatchObject(
      { code: "key_invalid" },
    );
    files.batch(template.replace("range", "glob").replace("[1,3]", '"*"'), { name: "glob.tasks.json" });
    const file = path.join(files.folder, "glob.tasks.json");
    await expect(Array.fromAsync(readTasks(file))).rejects.toMatchObject({ code: "usage" });
    const bucket = createMemoryBucket();
    await bucket.put("d/a", "");
    expect(await Array.fromAsync(readTasks(file, { bucket }))).toHaveLength(1);
  });
});
