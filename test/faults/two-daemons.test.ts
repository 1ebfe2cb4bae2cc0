import { mkdirSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openBucket } from "../../shared/bucket/open.ts";
import { openQueue } from "../../shared/queue/open.ts";
import { taskText } from "../../shared/task/document.ts";
import { readReport } from "../../shared/task/read-report.ts";
import { makeFolder, type Folder } from "../daemon/cli/command-line.ts";
import { addTaskFile, startDaemon } from "./running-daemon.ts";

// A bound for machines that are busy otherwise; nothing is expected of their speed.
vi.setConfig({ testTimeout: 900_000 });

let folder: Folder;
beforeEach(async () => {
  folder = await makeFolder();
  addTaskFile(folder, new URL("./programs/join.task.ts", import.meta.url));
});
afterEach(() => folder[Symbol.asyncDispose]());

const queue = (name: string): ReturnType<typeof openQueue> =>
  openQueue(`sqlite:.simpletasks/queue.db?queue=${name}`, { baseDirectory: folder.path });

const tasks = 100;
const inputs = 7;
const text = (input: number): string => `input ${input} `.repeat(10_000 * (input + 1));
const inputsOf = (id: number): readonly number[] => [id % inputs, (id * 3 + 1) % inputs];

test("two daemons with one cache and one queue file: each task is done once, each input downloaded once", async () => {
  await using bucket = await openBucket("file:.simpletasks/bucket", { baseDirectory: folder.path });
  for (let input = 0; input < inputs; input += 1) await bucket.put(`set/${input}.dat`, text(input));
  const meetAt = folder.file("meeting");
  mkdirSync(meetAt);
  const bodies = Array.from({ length: tasks }, (_, id) =>
    taskText({
      id,
      name: "JOINS",
      baseDirectory: "set",
      inputs: inputsOf(id).map((input) => `${input}.dat`),
      payload: { meetAt, daemons: 2 },
    }),
  );
  await using taskQueue = await queue("tasks");
  await using doneQueue = await queue("tasks-done");
  await using errorQueue = await queue("tasks-errors");

  // Both wait before there is anything to do; then neither can go on before the other one has begun.
  const daemons = [1, 2].map(() => startDaemon(folder, ["--workers", "1"]));
  await Promise.all(daemons.map((daemon) => daemon.said(/daemon running/)));
  await taskQueue.send(bodies.map((body) => ({ body })));
  const done: string[] = [];
  while (done.length < tasks) {
    const reports = await doneQueue.receive({ max: tasks, waitSeconds: 20, leaseSeconds: 600 });
    done.push(...reports.map(({ body }) => readReport(body).taskText ?? ""));
  }
  for (const daemon of daemons) daemon.kill("SIGTERM");
  const summaries = await Promise.all(
    daemons.map(async ({ ended }) => {
      const { code, out, err } = await ended;
      expect(code, err).toBe(0);
      return JSON.parse(out) as Readonly<Record<string, number>>;
    }),
  );

  expect(done.toSorted()).toEqual(bodies.toSorted());
  const nothing = { visible: 0, delayed: 0 };
  expect(await doneQueue.stats()).toMatchObject({ ...nothing, leased: tasks });
  expect(await taskQueue.stats()).toMatchObject({ ...nothing, leased: 0 });
  expect(await errorQueue.stats()).toMatchObject({ ...nothing, leased: 0 });
  for (const summary of summaries) {
    expect(summary).toMatchObject({ failed: 0, retried: 0, leases_lost: 0 });
    expect(summary["succeeded"]).toBeGreaterThan(0);
  }
  const sum = (name: string): number =>
    summaries.reduce((total, summary) => total + (summary[name] ?? NaN), 0);
  expect(sum("succeeded")).toBe(tasks);
  expect(sum("cache_downloads")).toBe(inputs);
  for (let id = 0; id < tasks; id += 1) {
    const output = readFileSync(folder.file(".simpletasks/bucket/set/0_output", `${id}.txt`), "utf8");
    expect(output === inputsOf(id).map(text).join(""), `output ${id}`).toBe(true);
  }
});
