import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openQueue } from "../../../shared/queue/open.ts";
import type { Queue } from "../../../shared/queue/queue.ts";
import { end, makeFolder, type Folder } from "./command-line.ts";

const taskFile = `
import { readFile } from "node:fs/promises";
import { defineTask } from "simpletasks";

export default defineTask({
  name: "UPPER",
  payload: { "~standard": { version: 1, vendor: "test", validate: (value) =>
    value?.how === undefined ? { issues: [{ message: "is missing", path: ["how"] }] } : { value } } },
  async execute({ payload, attempt }, datasource, { inputs, log }) {
    console.log("doing \\u001b[31m" + payload.how);
    log.warn("careful");
    const text = await readFile(inputs[0].path, "utf8");
    switch (payload.how) {
      case "throw":
        throw new Error("no good");
      case "wait":
        await new Promise(() => {});
      case "stop here":
        debugger;
    }
    await datasource.put("side/note", "by attempt " + attempt);
    await datasource.delete("data/old.txt");
    return { success: true, outputs: { "out/a.txt": text.toUpperCase() } };
  },
});

export const slow = defineTask({
  name: "SLOW",
  timeout: 0.1,
  execute: () => new Promise((resolve) => setTimeout(resolve, 600)),
});
`;

/** More than a number of JavaScript holds. */
const longId = "1234567890123456789";

let folder: Folder;
beforeEach(async () => {
  folder = await makeFolder();
  await writeFile(folder.file("simpletasks.json"), '{"tasks": ["upper.task.ts"]}');
  await writeFile(folder.file("upper.task.ts"), taskFile);
  await mkdir(folder.file(".simpletasks/bucket/data"), { recursive: true });
  await writeFile(folder.file(".simpletasks/bucket/data/a.txt"), "abc");
  await writeFile(folder.file(".simpletasks/bucket/data/old.txt"), "old");
});
afterEach(() => folder[Symbol.asyncDispose]());

const task = (how: string, more: object = {}): string =>
  JSON.stringify({ task: "UPPER", base_directory: "data", inputs: ["a.txt"], payload: { how }, ...more });

async function batchFile(name: string, text: string): Promise<string> {
  await writeFile(folder.file(name), text);
  return name;
}

/** The contents of every file below, by path; what SQLite keeps beside a database while it is open is none. */
async function contentsOf(directory: string): Promise<Record<string, string>> {
  const contents: Record<string, string> = {};
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || /-(?:wal|shm)$/.test(entry.name)) continue;
    const file = path.join(entry.parentPath, entry.name);
    contents[path.relative(directory, file)] = createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
  }
  return contents;
}

function openLocal(name: string): Promise<Queue> {
  return openQueue(`sqlite:.simpletasks/queue.db?queue=${name}`, { baseDirectory: folder.path });
}

/** What waits in each queue. */
async function queued(): Promise<Record<string, readonly string[]>> {
  const bodies: Record<string, readonly string[]> = {};
  for (const name of ["tasks", "tasks-errors", "tasks-done"]) {
    await using queue = await openLocal(name);
    bodies[name] = ((await queue.peek?.({ max: 10 })) ?? []).map(({ body }) => body);
  }
  return bodies;
}

describe("running one task", () => {
  it("shows its lines, its phases and its outputs, and keeps what it wrote where that is asked for", async () => {
    const file = await batchFile("a.tasks.jsonl", `${task("well")}\n`);
    const { code, out, err } = await folder.run(["run", file, "--keep", "kept"]);
    expect(code).toBe(0);
    expect(err).toBe("doing \\u{1b}[31mwell\nwarn careful\n");
    expect(
      out
        .replaceAll(/\d+\.\d+ s/g, "N s")
        .split("\n")
        .map((line) => line.trim()),
    ).toEqual([
      "UPPER 0 succeeded after N s",
      "phases",
      "fetch     N s",
      "validate  N s",
      "execute   N s",
      "upload    N s",
      "outputs",
      "data/out/a.txt  3 B",
      "also written",
      "side/note  12 B",
      "deleted",
      "data/old.txt",
      `kept in ${folder.file("kept")}`,
      "",
    ]);
    expect(await readFile(folder.file("kept/data/out/a.txt"), "utf8")).toBe("ABC");
    expect(await readFile(folder.file("kept/side/note"), "utf8")).toBe("by attempt 1");
  });

  it("changes nothing, a failed task's report included: not the bucket, nor the cache, nor the queues", async () => {
    const file = await batchFile("a.tasks.jsonl", `${task("well")}\n${task("throw", { id: longId })}\n`);
    await folder.run(["schedule", file]);
    await folder.run(["daemon", "--until-drained", "--attempts", "1", "--poll", "0.1"]);
    {
      await using tasks = await openLocal("tasks");
      await tasks.send([{ body: task("well") }]);
    }
    await writeFile(folder.file(".simpletasks/bucket/data/old.txt"), "old");
    const queues = await queued();
    expect(Object.values(queues).map(({ length }) => length)).toEqual([1, 1, 1]);
    const before = await contentsOf(folder.file(".simpletasks"));
    expect(Object.keys(before)).toContain(path.join("bucket", "data", "out", "a.txt"));

    expect((await folder.run(["run", file])).code).toBe(0);
    const failed = await folder.run(["run", "--error", "1"]);
    expect(failed).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^UPPER 1234567890123456789 failed in execute/),
    });
    await writeFile(folder.file("upper.task.ts"), taskFile.replace('throw new Error("no good");', "break;"));
    const mended = await folder.run(["run", "--error", "1"]);
    expect(mended).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^UPPER 1234567890123456789 succeeded/),
    });

    // Reading a queue file may move pages within it: what it holds counts.
    expect(await queued()).toEqual(queues);
    const after = await contentsOf(folder.file(".simpletasks"));
    expect({ ...after, "queue.db": undefined }).toEqual({ ...before, "queue.db": undefined });
  });

  it("removes what the task wrote, and says so; what a killed run left goes with the next one", async () => {
    const file = await batchFile("a.tasks.jsonl", `${task("well")}\n${task("wait")}\n`);
    const temporary = folder.file("tmp");
    await mkdir(temporary);
    const environment = { TMPDIR: temporary };
    const killed = folder.start(["run", `${file}:2`], { environment });
    const ended = end(killed);
    await once(killed.stderr, "data");
    killed.kill("SIGKILL");
    await ended;
    const [left = ""] = await readdir(temporary);
    // As if that were a while ago: a lock that is just being made is left alone.
    await utimes(path.join(temporary, left, ".owner.lock"), 0, 0);
    const { out } = await folder.run(["run", file], { environment });
    expect(out).toContain("what it wrote is removed; --keep DIR keeps it\n");
    expect(await readdir(temporary)).toEqual([]);
  });

  it("says where its files cannot lie", async () => {
    const file = await batchFile("a.tasks.jsonl", `${task("well")}\n`);
    const { code, err } = await folder.run(["run", file], { environment: { TMPDIR: folder.file("none") } });
    expect(err).toContain(`simpletasks: no folder can be made in ${folder.file("none")}:`);
    expect(code).toBe(1);
  });

  it("tells in JSON what became of it", async () => {
    const file = await batchFile("a.tasks.jsonl", `${task("well", { id: "7" })}\n${task("throw")}\n`);
    const good = await folder.run(["run", file, "--json"]);
    expect(JSON.parse(good.out)).toMatchObject({
      task: "UPPER",
      id: "7",
      success: true,
      attempt: 1,
      phases: { execute: expect.any(Number) },
      outputs: [{ key: "data/out/a.txt", bytes: 3 }],
      written: [
        { key: "data/out/a.txt", bytes: 3 },
        { key: "side/note", bytes: 12 },
      ],
      deleted: ["data/old.txt"],
      kept: null,
    });
    const bad = await folder.run(["run", `${file}:2`, "--json"]);
    expect(bad.code).toBe(1);
    expect(JSON.parse(bad.out)).toMatchObject({
      success: false,
      phase: "execute",
      error: { message: "no good", exception: expect.stringContaining("upper.task.ts:15:15") },
      written: [],
    });
  });

  it.each([
    [
      "the author's line",
      task("throw"),
      /failed in execute .*\n +Error: no good\n +at .*upper\.task\.ts:15:15\)\nphases/,
    ],
    [
      "a payload that the schema refuses",
      task("").replace('"how"', '"what"'),
      /failed in validate .*\n.*payload_info\.how: is missing/,
    ],
    [
      "an input that is not there",
      task("well", { inputs: ["b.txt"] }),
      /failed in fetch .*\n +There is no object "data\/b\.txt" in file:/,
    ],
    [
      "an unknown task type",
      task("well", { task: "UPPR" }),
      /failed in validate\n +No task type is named "UPPR"\. This daemon runs: NO_OP, SLOW, UPPER/,
    ],
    [
      "its timeout",
      '{"task":"SLOW","base_directory":"d"}',
      /failed in execute .*\n +SLOW took longer than its timeout of 0\.1 s/,
    ],
  ])("that fails shows the phase and %s", async (_what, text, expected) => {
    const { code, out } = await folder.run(["run", await batchFile("a.tasks.jsonl", text)]);
    expect(out).toMatch(expected);
    expect(code).toBe(1);
  });

  it("whose file does not load says so as the daemon does", async () => {
    await writeFile(folder.file("upper.task.ts"), "export default 1;");
    const file = await batchFile("a.tasks.jsonl", task("well"));
    const { code, out, err } = await folder.run(["run", file]);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain("upper.task.ts exports no task type");
  });
});

describe("the task that is run", () => {
  const list = `[
  ${task("first", { id: 10 })},
  {"task": "UPPER", "base_directory": "data", "id": 11,
   "inputs": ["a.txt"], "payload": {"how": "second"}},
  {"task": "UPPER", "base_directory": "data", "inputs": ["\${f}"], "payload": {"how": "\${f.stem}"},
   "for_each": {"f": {"glob": "*.txt"}}},
  {"task": "UPPER"}
]`;

  it("is the first one, or that which stands at the line; of a template its first", async () => {
    await batchFile("a.tasks.json", list);
    const expected = [
      ["a.tasks.json", "UPPER 10 succeeded", "doing \\u{1b}[31mfirst\n"],
      ["a.tasks.json:4", "UPPER 11 succeeded", "doing \\u{1b}[31msecond\n"],
      ["a.tasks.json:6", "UPPER 2 succeeded", "doing \\u{1b}[31ma\n"],
    ] as const;
    await Promise.all(
      expected.map(async ([word, out, err]) => {
        const ended = await folder.run(["run", word]);
        expect(ended, word).toMatchObject({
          out: expect.stringContaining(out),
          err: expect.stringContaining(err),
        });
      }),
    );
  });

  it("is that of a place in the batch, within a template too", async () => {
    await writeFile(folder.file(".simpletasks/bucket/data/b.txt"), "second");
    await batchFile("a.tasks.json", list);
    const expected = [
      ["0", 0, "doing \\u{1b}[31mfirst\n"],
      ["1", 0, "doing \\u{1b}[31msecond\n"],
      ["3", 0, "doing \\u{1b}[31mb\n"],
      ["5", 1, "a.tasks.json:7:"],
      ["6", 2, "a.tasks.json: there is no task 6; it has 6 tasks, counted from 0"],
      ["x", 2, '--task must be a whole number from 0, not "x"'],
    ] as const;
    await Promise.all(
      expected.map(async ([position, code, err]) => {
        const ended = await folder.run(["run", "a.tasks.json", "--task", position]);
        expect(ended, position).toMatchObject({ code, err: expect.stringContaining(err) });
      }),
    );
  });

  it("is asked for where it cannot be told", async () => {
    await batchFile("a.tasks.json", list);
    await batchFile("noop.tasks.jsonl", '{"task":"NO_OP","base_directory":"data"}');
    const expected = [
      [["a.tasks.json:1"], 2, "a.tasks.json:1: no task stands at this line"],
      [["a.tasks.json:8"], 2, "a.tasks.json:8: no task stands at this line"],
      [["a.tasks.json:7"], 1, "a.tasks.json:7:"],
      [["b.tasks.json"], 1, "b.tasks.json"],
      [[], 2, "which task is meant?"],
      [["a.tasks.json", "--error", "1"], 2, "which task is meant?"],
      [["--error", "7"], 1, "there is no report 7 in"],
      [["a.tasks.json:4", "--task", "1"], 2, "--task"],
      [["--error", "7", "--task", "1"], 2, "--task"],
      [["a.tasks.json", "--keep", "."], 2, "is no empty folder"],
      [["noop.tasks.jsonl", "--inspect"], 2, "NO_OP is built in"],
    ] as const;
    await Promise.all(
      expected.map(async ([words, code, message]) => {
        const ended = await folder.run(["run", ...words]);
        expect(ended, words.join(" ")).toEqual({ code, out: "", err: expect.stringContaining(message) });
      }),
    );
  });

  it("cannot be one that a report does not hold", async () => {
    await using queue = await openLocal("tasks-errors");
    await queue.send([{ body: "what is this" }]);
    const { code, err } = await folder.run(["run", "--error", "1"]);
    expect(err).toContain("report 1 cannot be run:");
    expect(code).toBe(1);
  });
});

/** A debugger's side of the inspector's protocol. `stopped` gives the URL of the script in which the program stops. */
async function attach(address: string) {
  const socket = new WebSocket(address);
  const scripts = new Map<string, string>();
  const stopped = Promise.withResolvers<string | undefined>();
  socket.addEventListener("message", ({ data }) => {
    const { method, params } = JSON.parse(String(data));
    if (method === "Debugger.scriptParsed") scripts.set(params.scriptId, params.url);
    if (method === "Debugger.paused") stopped.resolve(scripts.get(params.callFrames[0].location.scriptId));
  });
  await once(socket, "open");
  let lastId = 0;
  return {
    send: (method: string) => socket.send(JSON.stringify({ id: ++lastId, method })),
    stopped: stopped.promise,
    close: () => socket.close(),
  };
}

describe("with --inspect", () => {
  it("the task waits for a debugger, stops where that says, and has all the time it needs", async () => {
    const file = await batchFile(
      "a.tasks.jsonl",
      `${task("stop here")}\n{"task":"SLOW","base_directory":"d"}\n`,
    );
    for (const [line, stops] of [
      ["1", true],
      ["2", false],
    ] as const) {
      const child = folder.start(["run", `${file}:${line}`, "--inspect", "--json"]);
      const ended = end(child);
      let address: string | undefined;
      for await (const said of createInterface({ input: child.stderr })) {
        address = /debugger at (ws:\/\/127\.0\.0\.1:\S+)/.exec(said)?.[1];
        if (address !== undefined) break;
      }
      const inspector = await attach(address ?? "");
      inspector.send("Debugger.enable");
      inspector.send("Runtime.runIfWaitingForDebugger");
      if (stops) {
        expect(await inspector.stopped).toMatch(/upper\.task\.ts$/);
        inspector.send("Debugger.resume");
        inspector.send("Debugger.disable");
        inspector.close();
      }
      // A debugger that stays keeps nobody waiting.
      const { code, out } = await ended;
      expect(JSON.parse(out)).toMatchObject({ success: true });
      expect(code).toBe(0);
    }
  });

  it("the task that waits for a debugger can be given up", async () => {
    const child = folder.start(["run", await batchFile("a.tasks.jsonl", task("well")), "--inspect"]);
    const ended = end(child);
    for await (const said of createInterface({ input: child.stderr })) {
      if (said.includes("waits for a debugger")) break;
    }
    child.kill("SIGINT");
    expect((await ended).code).toBe(128 + os.constants.signals.SIGINT);
  });
});
