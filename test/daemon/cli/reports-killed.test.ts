import { afterEach, beforeEach, expect, test } from "vitest";
import { openQueue } from "../../../shared/queue/open.ts";
import type { Queue } from "../../../shared/queue/queue.ts";
import { parseTask } from "../../../shared/task/document.ts";
import { peekAll } from "../../../shared/repair/reports.ts";
import { failed, task } from "../../shared/repair/reports.ts";
import { end, makeFolder, type Folder } from "./command-line.ts";

let folder: Folder;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const count = 20_000;

/** Starts a retry of everything and sends it a signal when its first tasks have arrived in the task queue. */
async function interrupted(signal: NodeJS.Signals, words: readonly string[], queues: Queues) {
  const child = folder.start(["errors", "retry", "--all", ...words]);
  const ended = end(child);
  const [first] = await queues.tasks.receive({ max: 1, waitSeconds: 100, leaseSeconds: 3600 });
  child.kill(signal);
  expect(first).toBeDefined();
  return await ended;
}

interface Queues extends AsyncDisposable {
  readonly tasks: Queue;
  readonly errors: Queue;
}

async function openQueues(errorsFile: string): Promise<Queues> {
  const options = { baseDirectory: folder.path };
  const tasks = await openQueue(taskQueue, options);
  const errors = await openQueue(`sqlite:${errorsFile}?queue=errors`, options);
  await errors.send(Array.from({ length: count }, (_, id) => ({ body: failed(task(id)) })));
  return {
    tasks,
    errors,
    async [Symbol.asyncDispose]() {
      await tasks[Symbol.asyncDispose]();
      await errors[Symbol.asyncDispose]();
    },
  };
}

const taskQueue = "sqlite:queue.db?queue=tasks";
const words = (errorsFile: string): readonly string[] => {
  return ["--task-queue", taskQueue, "--error-queue", `sqlite:${errorsFile}?queue=errors`];
};

/** How often each task is in the queue, as a task or in a report. */
async function timesIn(queue: Queue): Promise<Map<number, number>> {
  const times = new Map<number, number>();
  for await (const { body } of peekAll(queue)) {
    const id = Number(/"id":(\d+)/.exec(body)?.[1]);
    times.set(id, (times.get(id) ?? 0) + 1);
  }
  return times;
}

test.each([
  ["in one file: every task is in one place, once", "queue.db"],
  ["in two files: every task is in one place at least", "errors.db"],
])("a retry that is killed loses nothing, with its queues %s", async (_, errorsFile) => {
  await using queues = await openQueues(errorsFile);
  expect(await interrupted("SIGKILL", words(errorsFile), queues)).toMatchObject({ code: null });
  const [sent, waiting] = [await timesIn(queues.tasks), await timesIn(queues.errors)];
  expect(sent.size).toBeLessThan(count);
  expect(new Set([...sent.keys(), ...waiting.keys()]).size).toBe(count);
  if (errorsFile === "queue.db") expect(sent.size + waiting.size).toBe(count);

  // What it had leased comes back; the rest is retried as if nothing had been.
  expect(await folder.run(["queue", "release", `sqlite:${errorsFile}?queue=errors`, "--yes"])).toMatchObject({
    code: 0,
  });
  expect(await folder.run(["errors", "retry", "--all", ...words(errorsFile)])).toMatchObject({ code: 0 });
  expect(await queues.errors.stats()).toEqual({ visible: 0, leased: 0, delayed: 0 });
  const all = await timesIn(queues.tasks);
  expect(all.size).toBe(count);
  if (errorsFile === "queue.db") expect(Math.max(...all.values())).toBe(1);
});

test("Ctrl-C ends a retry between two groups, gives its leases back and says how far it came", async () => {
  await using queues = await openQueues("queue.db");
  const { code, out, err } = await interrupted("SIGINT", words("queue.db"), queues);
  expect(code).toBe(130);
  const { visible: left, leased } = await queues.errors.stats();
  expect(leased).toBe(0);
  expect(left).toBeGreaterThan(0);
  const [done, rest] = [(count - left).toLocaleString("en"), left.toLocaleString("en")];
  expect(out).toMatch(new RegExp(`^sent ${done} tasks again to `));
  expect(err).toBe(
    `stopped after ${done} reports; ${rest} reports had no turn and are still in the error queue\n`,
  );
  for await (const { body } of peekAll(queues.tasks)) expect(parseTask(body).redrives).toBe(1);
});
