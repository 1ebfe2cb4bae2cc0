import { afterEach, beforeEach, expect, test } from "vitest";
import { openQueue } from "../../../shared/queue/open.ts";
import type { Queue } from "../../../shared/queue/queue.ts";
import { parseTask } from "../../../shared/task/document.ts";
import { peekAll } from "../../../shared/repair/reports.ts";
import { failed, task } from "../../shared/repair/reports.ts";
import { type Ended, makeFolder, type Folder } from "./command-line.ts";

let folder: Folder;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

/** Reports; a repair works on 500 at a time. */
const count = 2600;

/** When a retry gets a signal: right before or after it asks a queue file's thread for this, for the second time. */
interface Moment {
  readonly signal: NodeJS.Signals;
  readonly when: "before" | "after";
  readonly request: "settle" | "delete";
}

/** Retries everything in a process that sends itself the signal: whatever the machine does, at that moment and no other. */
async function interrupted(moment: Moment, words: readonly string[]): Promise<Ended> {
  const program = `
    import { Worker } from "node:worker_threads";
    const { postMessage } = Worker.prototype;
    let times = 0;
    Worker.prototype.postMessage = function (message) {
      const now = message.request?.kind === "${moment.request}" && ++times === 2;
      if (now && "${moment.when}" === "before") process.kill(process.pid, "${moment.signal}");
      postMessage.call(this, message);
      if (now && "${moment.when}" === "after") process.kill(process.pid, "${moment.signal}");
    };`;
  const node = ["--import", `data:text/javascript,${encodeURIComponent(program)}`];
  return await folder.run(["errors", "retry", "--all", ...words], { node });
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

test.each<[string, string, Moment, { readonly sent: readonly number[] }]>([
  [
    "in one file, while it writes: every task is in one place, once",
    "queue.db",
    { signal: "SIGKILL", when: "after", request: "settle" },
    // The transaction that was under way is there as a whole, or not at all.
    { sent: [500, 1000] },
  ],
  [
    "in two files, after it has sent and before it deletes: every task is in one place at least",
    "errors.db",
    { signal: "SIGKILL", when: "before", request: "delete" },
    { sent: [1000] },
  ],
])("a retry that is killed loses nothing, with its queues %s", async (_, errorsFile, moment, expected) => {
  await using queues = await openQueues(errorsFile);
  expect(await interrupted(moment, words(errorsFile))).toMatchObject({ code: null });
  const [sent, waiting] = [await timesIn(queues.tasks), await timesIn(queues.errors)];
  expect(expected.sent).toContain(sent.size);
  expect(new Set([...sent.keys(), ...waiting.keys()]).size).toBe(count);
  expect(sent.size + waiting.size).toBe(errorsFile === "queue.db" ? count : count + 500);

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
  const moment = { signal: "SIGINT", when: "after", request: "settle" } as const;
  const { code, out, err } = await interrupted(moment, words("queue.db"));
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
