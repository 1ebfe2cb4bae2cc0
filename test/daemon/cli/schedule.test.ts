import { existsSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openQueue } from "../../../shared/queue/open.ts";
import { parseTask } from "../../../shared/task/document.ts";
import { emptyTask, makeFolder, type Folder } from "./command-line.ts";

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
    ["bad.tasks.jsonl", '{"base_directory":"d"}', /^simpletasks: bad\.tasks\.jsonl:1:1: task is missing\n/],
    [
      "list.tasks.jsonl",
      `\n[\n${emptyTask(1)}\n]\n`,
      /^simpletasks: list\.tasks\.jsonl:2:1: here is a list, .*\nhint: .* is named \*\.tasks\.json\.\n$/,
    ],
    ["list.tasks.jsonl", `[${emptyTask(1)}]`, /jsonl:1:1: here is a list/],
    [
      "bad.tasks.jsonl",
      `${emptyTask(1)}\n{"task": }\n`,
      /^simpletasks: bad\.tasks\.jsonl:2:10: this is not JSON/,
    ],
    [
      "bad.tasks.jsonl",
      `${emptyTask(1)}\n{"tsk":"NO_OP"}\n`,
      /jsonl:2:1: task is missing\n {2}bad\.tasks\.jsonl:2:1: base_directory is missing\n {2}bad\.tasks\.jsonl:2:2: unknown key "tsk"; did you mean "task"\?/,
    ],
    [
      "bad.tasks.json",
      `[${emptyTask(1)},\n  {"task":" ","base_directory":"d"}]`,
      /bad\.tasks\.json:2:11: task must be a text that is not blank, not the text " "/,
    ],
    [
      "bad.tasks.json",
      `[${emptyTask(1)},\n  ]`,
      /bad\.tasks\.json:2:3: a comma stands before this \], and JSON allows none after the last value/,
    ],
    [
      "bad.tasks.json",
      '[{"task":"NO_OP","base_directory":"d","inputs":["../x"]}]',
      /1:49: inputs\[0\]: The key/,
    ],
    [
      "bad.tasks.json",
      '[{"basic_info":{"name":"X"},"payload_info":1}]',
      /1:16: basic_info\.base_directory is missing/,
    ],
  ])("of %s is told with its place, and nothing is sent", async (file, text, message) => {
    writeFileSync(folder.file(file), text);
    const { code, out, err } = await folder.run(["schedule", file]);
    expect(err).toMatch(message);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect((await folder.run(["queue", "stats", "tasks", "--json"])).out).toBe(
      '{"visible":0,"leased":0,"delayed":0}\n',
    );
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
