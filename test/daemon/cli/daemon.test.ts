import { createInterface } from "node:readline";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openQueue } from "../../../shared/queue/open.ts";
import { emptyTask, end, makeFolder, type Folder } from "./command-line.ts";

let folder: Folder;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

function writeFile(name: string, text: string): void {
  mkdirSync(path.dirname(folder.file(name)), { recursive: true });
  writeFileSync(folder.file(name), text);
}

async function bodies(url: string): Promise<string[]> {
  await using queue = await openQueue(url, { baseDirectory: folder.path });
  return ((await queue.peek?.({ max: 100 })) ?? []).map(({ body }) => body);
}

describe("daemon --until-drained", () => {
  it("runs what is scheduled, reports it, ends, and prints no warning", async () => {
    writeFile(".simpletasks/bucket/data/in/a.dat", "contents");
    const task = '{"task":"NO_OP","base_directory":"data","inputs":["in/a.dat"],"payload":"x"}';
    await folder.run(["schedule", "-"], { input: `${task}\n${emptyTask(5)}` });
    const { code, out, err } = await folder.run(["daemon", "--until-drained", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ succeeded: 2, failed: 0, cache_downloads: 1 });
    expect(readFileSync(folder.file(".simpletasks/bucket/data/0_output/a.dat"), "utf8")).toBe("contents");
    expect(await bodies("sqlite:.simpletasks/queue.db?queue=tasks-done")).toHaveLength(2);
    for (const line of err.trim().split("\n")) expect(() => void JSON.parse(line)).not.toThrow();
    expect(err).not.toMatch(/warning/i);
    const { log_file: logFile } = JSON.parse(err.split("\n")[0] ?? "") as { log_file: string };
    expect(path.relative(folder.file(".local/state/simpletasks/logs"), logFile)).not.toMatch(/^\.\./);
    expect(readFileSync(logFile, "utf8").replaceAll(/^\{"pid":\d+,/gm, "{")).toBe(err);
    const queue = (name: string): string => `sqlite://${folder.path}/.simpletasks/queue.db?queue=${name}`;
    expect(JSON.parse(err.split("\n")[0] ?? "")).toMatchObject({
      level: "info",
      msg: "daemon starting",
      task_queue: queue("tasks"),
      error_queue: queue("tasks-errors"),
      done_queue: queue("tasks-done"),
      bucket: `file://${folder.path}/.simpletasks/bucket`,
      cache: folder.file(".simpletasks/cache"),
      workers: expect.any(Number),
      task_files: 0,
    });
  });

  for (const [isolation, inDaemon] of [
    ["process", false],
    ["none", true],
  ] as const) {
    it(`runs task files where --isolation ${isolation} says`, async () => {
      writeFile("simpletasks.json", "{}");
      writeFile(
        "tasks/who.task.ts",
        `import { defineTask } from "simpletasks";
        export default defineTask({
          name: "WHO",
          execute: () => ({ success: true, outputs: { worker: String(process.argv[1]?.endsWith("worker.mjs")) } }),
        });`,
      );
      await folder.run(["schedule", "-"], { input: '{"task":"WHO","base_directory":"data"}' });
      const { code, err } = await folder.run(["daemon", "--until-drained", "--isolation", isolation]);
      expect(code, err).toBe(0);
      expect(readFileSync(folder.file(".simpletasks/bucket/data/worker"), "utf8")).toBe(String(!inDaemon));
    });
  }

  it("runs the task files that simpletasks.json names", async () => {
    writeFile("simpletasks.json", '{"daemon": {"workers": 1}}');
    writeFile(
      "tasks/shout.task.ts",
      `import { defineTask, z } from "simpletasks";
      export default defineTask({
        name: "SHOUT",
        payload: z.object({ word: z.string() }),
        execute: (task) => ({ success: true, outputs: { "word.txt": task.payload.word.toUpperCase() } }),
      });`,
    );
    const task = (id: number, payload: string): string =>
      `{"task":"SHOUT","base_directory":"data","id":${id},"payload":${payload}}`;
    await folder.run(["schedule", "-"], { input: task(1, '{"word":"yes"}') });
    // As from a machine that does not have the type, and so cannot check the payload.
    const elsewhere = ["schedule", "-", "--config", "none", "--allow-unknown"];
    await folder.run(elsewhere, { input: task(2, '{"word":5}') });
    const { code, out, err } = await folder.run(["daemon", "--until-drained"]);
    expect({ code, out }, err).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^1 task done, 1 failed/),
    });
    expect(readFileSync(folder.file(".simpletasks/bucket/data/word.txt"), "utf8")).toBe("YES");
    expect((await folder.run(["errors", "list"])).out).toMatch(/SHOUT 2\b.*validate/);
  });
});

describe("a daemon in the classic form", () => {
  it("takes its words, and reports no success without a done queue", async () => {
    const queue = (name: string): string => `sqlite:q.db?queue=${name}`;
    await folder.run(["schedule", "-", "--task-queue", queue("t")], { input: emptyTask(1) });
    await folder.run(["queue", "send", queue("t"), "-"], { input: "no task" });
    const words = [queue("t"), queue("e"), "file:b", "c", "1"];
    expect(await folder.run(["daemon", "--until-drained", ...words])).toMatchObject({ code: 0 });
    expect((await bodies(queue("e")))[0]).toContain('"task":"no task"');
    expect(await bodies(queue("t-done"))).toEqual([]);
  });

  it("takes the environment that SimpleTasks' start-up script exports", async () => {
    const environment = {
      TASK_QUEUE: "t",
      ERROR_QUEUE: "e",
      DONE_QUEUE: "d",
      BUCKET_NAME: "b",
      CACHE_DIRECTORY: folder.file("c"),
      POLL_FREQUENCY_SECONDS: "1",
    };
    await folder.run(["schedule", "-"], { input: emptyTask(1), environment });
    expect(await folder.run(["daemon", "--until-drained"], { environment })).toMatchObject({ code: 0 });
    expect(await bodies("sqlite:.simpletasks/queue.db?queue=d")).toHaveLength(1);
  });
});

describe("a daemon that is told to stop", () => {
  it.each(["SIGINT", "SIGTERM"] as const)("by %s ends with exit code 0", async (signal) => {
    const child = folder.start(["daemon", "--json"]);
    const ended = end(child);
    const lines = createInterface({ input: child.stderr });
    for await (const line of lines) if (line.includes('"daemon running"')) break;
    child.kill(signal);
    const { code, out } = await ended;
    expect({ code, out: JSON.parse(out) }).toMatchObject({ code: 0, out: { succeeded: 0, failed: 0 } });
  });

  it("goes on when the reader of its log goes away", async () => {
    const child = folder.start(["daemon", "--json", "--poll", "0.2"]);
    await once(child.stderr, "data");
    child.stderr.destroy();
    await folder.run(["schedule", "-"], { input: emptyTask(1) });
    await using done = await openQueue("sqlite:.simpletasks/queue.db?queue=tasks-done", {
      baseDirectory: folder.path,
    });
    const [report] = await done.receive({ max: 1, waitSeconds: 30, leaseSeconds: 30 });
    expect(report?.body).toContain('"success":true');
    const ended = once(child, "close");
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  });
});

it("a mistake in the configuration is told before anything is opened", async () => {
  writeFile("simpletasks.json", '{"daemon": {"wrkers": 1}}');
  const { code, err } = await folder.run(["daemon"]);
  expect({ code, err }).toEqual({
    code: 2,
    err: `simpletasks: ${folder.file("simpletasks.json")}:1:13: unknown key "wrkers"; did you mean "workers"?\n`,
  });
});
