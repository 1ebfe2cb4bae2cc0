import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SimpleTasksError } from "../../../shared/errors.ts";
import { createMemoryQueue } from "../../../shared/queue/memory.ts";
import type { Queue } from "../../../shared/queue/queue.ts";
import { openSqliteQueue } from "../../../shared/queue/sqlite/open.ts";
import { discardReports } from "../../../shared/repair/discard.ts";
import { retryReports } from "../../../shared/repair/retry.ts";
import { temporaryDirectory } from "../queue/temporary-directory.ts";
import { bodiesIn, failed, idsIn, task, without } from "./reports.ts";

/** What goes wrong in a step: a call that fails before it did anything, or after it was carried out, as in a crash. */
const faults = [
  "none",
  "send",
  "sent",
  "delete",
  "deleted",
  "settle",
  "settled",
  "write",
  "written",
] as const;
type Fault = (typeof faults)[number];

interface Step {
  readonly kind: "retry" | "discard";
  readonly fault: Fault;
  /** How many calls of that kind pass before. */
  readonly after: number;
  /** Which of the reports that are there, by their places. */
  readonly places: readonly number[];
  /** How many reports make a group. */
  readonly group: 1 | 2 | 500;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("retry", "discard"),
  fault: fc.constantFrom(...faults),
  after: fc.nat(2),
  places: fc.array(fc.nat(7), { maxLength: 8 }),
  group: fc.constantFrom(1, 2, 500),
});

/** Every third report holds no task. */
const reports = Array.from({ length: 8 }, (_, id) => (id % 3 === 2 ? `junk ${id}` : failed(task(id))));

/** The report, or the task in it, by its number. */
function numberIn(text: string): number {
  return Number(
    /"id":(\d+)|junk (\d+)/
      .exec(text)
      ?.slice(1)
      .find((digits) => digits !== undefined),
  );
}

/** Lets the first calls pass, then fails one: before it is carried out, or after. */
function tripwire(fault: Fault, after: number) {
  let passed = 0;
  return async <Result>(before: Fault, done: Fault, call: () => Promise<Result>): Promise<Result> => {
    const trips = (fault === before || fault === done) && passed++ === after;
    if (trips && fault === before) throw new SimpleTasksError("io", before);
    const result = await call();
    if (trips) throw new SimpleTasksError("io", done);
    return result;
  };
}

function failing({ taskQueue, errorQueue }: Queues, through: ReturnType<typeof tripwire>): Queues {
  const { transaction } = errorQueue;
  const faulty: Queue = {
    ...errorQueue,
    delete: (...given) => through("delete", "deleted", () => errorQueue.delete(...given)),
  };
  // A transaction knows its queues by identity, and sends to them by itself.
  if (transaction?.includes(taskQueue) === true) {
    const settle: typeof transaction.settle = (...given) =>
      through("settle", "settled", () => transaction.settle(...given));
    return { taskQueue, errorQueue: { ...faulty, transaction: { includes: transaction.includes, settle } } };
  }
  const send: Queue["send"] = (...given) => through("send", "sent", () => taskQueue.send(...given));
  return { taskQueue: { ...taskQueue, send }, errorQueue: faulty };
}

interface Queues {
  readonly taskQueue: Queue;
  readonly errorQueue: Queue;
}

const directory = temporaryDirectory();
const sqlite = (file: string, queue: string): Promise<Queue> =>
  openSqliteQueue({ file: `${directory}/${file}`, queue });

const kinds: Readonly<Record<string, () => Promise<Queues>>> = {
  "in memory": async () => ({ taskQueue: createMemoryQueue(), errorQueue: createMemoryQueue() }),
  "in memory, without transactions": async () => ({
    taskQueue: createMemoryQueue(),
    errorQueue: without(createMemoryQueue(), "transaction"),
  }),
  "in one file": async () => ({
    taskQueue: await sqlite("one.db", "t"),
    errorQueue: await sqlite("one.db", "e"),
  }),
  "in two files": async () => ({
    taskQueue: await sqlite("tasks.db", "t"),
    errorQueue: await sqlite("errors.db", "e"),
  }),
};

describe.each(Object.keys(kinds))("%s", (kind) => {
  test("whatever fails, every report is in the error queue, or its task in the task queue, or it was handed over", async () => {
    const queues = await (kinds[kind]?.() ?? Promise.reject(new Error(kind)));
    const { taskQueue, errorQueue } = queues;
    const oneTransaction = errorQueue.transaction?.includes(taskQueue) === true;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        await taskQueue.purge();
        await errorQueue.purge();
        await errorQueue.send(reports.map((body) => ({ body })));
        const handedOver: string[] = [];
        for (const one of steps) {
          await carryOut(queues, one, handedOver);
          // Whoever died held leases; they end by and by.
          await errorQueue.releaseAll?.();
          const [waiting, sent] = [await bodiesIn(errorQueue), await bodiesIn(taskQueue)];
          const found = [...waiting, ...sent, ...handedOver].map(numberIn);
          expect(new Set(found).size).toBe(reports.length);
          // Only a crash between two queues doubles, and what was handed over and could not be deleted then.
          if (oneTransaction) {
            expect(new Set([...waiting, ...sent].map(numberIn)).size).toBe(waiting.length + sent.length);
          }
        }
      }),
      { numRuns: kind.includes("file") ? 40 : 200 },
    );
    await taskQueue[Symbol.asyncDispose]();
    await errorQueue[Symbol.asyncDispose]();
  });
});

async function carryOut(queues: Queues, { kind, fault, after, places, group }: Step, handedOver: string[]) {
  const ids = await idsIn(queues.errorQueue);
  const through = tripwire(fault, after);
  const options = {
    ...failing(queues, through),
    reports: places.flatMap((place) => {
      const id = ids[place];
      return id === undefined ? [] : [{ id, length: Math.ceil((4 * 1024 * 1024) / group) }];
    }),
  };
  const { stopped } =
    kind === "retry"
      ? await retryReports(options)
      : await discardReports({
          ...options,
          write: (lines) => through("write", "written", async () => void handedOver.push(...lines)),
        });
  expect([undefined, "io"]).toContain(stopped?.code);
}
