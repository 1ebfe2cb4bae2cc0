import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { SimpleTasksError } from "../../../shared/errors.ts";
import { createMemoryQueue } from "../../../shared/queue/memory.ts";
import type { BatchCounts, Queue } from "../../../shared/queue/queue.ts";
import { openSqliteQueue } from "../../../shared/queue/sqlite/open.ts";
import { discardReports } from "../../../shared/repair/discard.ts";
import type { KeptReport } from "../../../shared/repair/repair.ts";
import { retryReports } from "../../../shared/repair/retry.ts";
import { parseTask, withAttempts } from "../../../shared/task/document.ts";
import { temporaryDirectory } from "../queue/temporary-directory.ts";
import { bodiesIn, failed, idsIn, strangersReport, task, without } from "./reports.ts";

const directory = temporaryDirectory();
const sqlite = (file: string, queue: string): Promise<Queue> =>
  openSqliteQueue({ file: `${directory}/${file}.db`, queue });
let opened = 0;

interface Queues {
  readonly taskQueue: Queue;
  readonly errorQueue: Queue;
}

/** New queues for each test. */
const kinds: Readonly<Record<string, (name: string) => Promise<Queues>>> = {
  "in memory": async () => ({ taskQueue: createMemoryQueue(), errorQueue: createMemoryQueue() }),
  "in one file": async (name) => ({
    taskQueue: await sqlite("one", name),
    errorQueue: await sqlite("one", `${name}-errors`),
  }),
  "in two files": async (name) => ({
    taskQueue: await sqlite("tasks", name),
    errorQueue: await sqlite("errors", name),
  }),
};

/** Tasks of one batch that were scheduled, and those of them that failed. */
async function failBatch(
  { taskQueue, errorQueue }: Queues,
  batch: string,
  size: number,
  failures: readonly number[],
  report: (text: string) => string = failed,
): Promise<void> {
  const ids = Array.from({ length: size }, (_, id) => id);
  await taskQueue.send(
    ids.map((id) => ({ body: task(id, { batch }), counts: { batch, change: "scheduled" } })),
  );
  const messages = await taskQueue.receive({ max: size, waitSeconds: 0, leaseSeconds: 60 });
  const reports = messages
    .filter((_, id) => failures.includes(id))
    .map(({ body }) => ({ body: report(body) }));
  await errorQueue.send(reports);
  await taskQueue.delete(messages.map(({ receipt }) => receipt));
  const changes = ids.map((id) => ({ batch, change: failures.includes(id) ? "failed" : "done" }) as const);
  await taskQueue.batches?.count(changes);
}

async function countsOf(queue: Queue, batch: string): Promise<Partial<BatchCounts> | undefined> {
  const found = (await queue.batches?.list())?.find((counts) => counts.batch === batch);
  if (found === undefined) return undefined;
  const { queued, done, failed: failures, discarded } = found;
  return { queued, done, failed: failures, discarded };
}

async function allReports(queue: Queue): Promise<{ id: string }[]> {
  return (await idsIn(queue)).map((id) => ({ id }));
}

describe.each(Object.keys(kinds))("repair %s", (where) => {
  let queues: Queues;
  const open: Queue[] = [];
  beforeEach(async () => {
    queues = await (kinds[where]?.(`tasks${(opened += 1)}`) ?? Promise.reject(new Error(where)));
    open.push(queues.taskQueue, queues.errorQueue);
  });
  // Not before: a file that stays open need not be opened again.
  afterAll(async () => {
    for (const queue of open) await queue[Symbol.asyncDispose]();
  });

  test("a retry moves the task back as it was written, its redrives counted, its attempts forgotten", async () => {
    const { taskQueue, errorQueue } = queues;
    const text = task(7, { payload: { large: 9007199254740993n, one: "1.0" } });
    await errorQueue.send(
      [failed(withAttempts(text, 3)), failed(task(8)), strangersReport(task(9))].map((body) => ({ body })),
    );
    const outcome = await retryReports({ ...queues, reports: [{ id: "1" }, { id: "3" }, { id: "1" }] });
    expect(outcome).toEqual({ ended: 2, kept: 0, left: 0, stopped: undefined });
    expect(await idsIn(errorQueue)).toEqual(["2"]);
    const bodies = await bodiesIn(taskQueue);
    expect(bodies).toEqual([
      text.replace(/\}$/, ',"simpletasks":{"redrives":1}}'),
      task(9).replace(/\}$/, ',"simpletasks":{"redrives":1}}'),
    ]);
  });

  test("what holds no task stays, visible to others, and is told with the reason", async () => {
    const { taskQueue, errorQueue } = queues;
    const reports = ["junk", '{"exception":"e"}', failed("not a task"), failed(task(1), { cutTask: true })];
    await errorQueue.send(reports.map((body) => ({ body })));
    const kept: KeptReport[] = [];
    const outcome = await retryReports({
      ...queues,
      reports: [...(await allReports(errorQueue)), { id: "77" }],
      onKept: (one) => kept.push(one),
    });
    expect(outcome).toEqual({ ended: 0, kept: 5, left: 0, stopped: undefined });
    expect(kept.map(({ id, reason }) => `${id} ${reason}`)).toEqual([
      "1 not_retryable",
      "2 not_retryable",
      "3 not_retryable",
      "4 not_retryable",
      "77 not_there",
    ]);
    expect(kept[3]?.error.message).toMatch(/only the beginning of its task/);
    expect(await errorQueue.stats()).toMatchObject({ visible: 4, leased: 0 });
    expect(await bodiesIn(taskQueue)).toEqual([]);
  });

  test("what somebody else has leased is told, and is theirs still", async () => {
    const { taskQueue, errorQueue } = queues;
    await errorQueue.send([{ body: failed(task(1)) }, { body: failed(task(2)) }]);
    const [theirs] = await errorQueue.receive({ max: 1, waitSeconds: 0, leaseSeconds: 60 });
    const kept: KeptReport[] = [];
    await retryReports({ ...queues, reports: await allReports(errorQueue), onKept: (one) => kept.push(one) });
    expect(kept).toMatchObject([{ id: "1", reason: "taken" }]);
    expect(await errorQueue.delete([theirs?.receipt ?? ""])).toMatchObject([{ held: true }]);
    expect((await bodiesIn(taskQueue)).map((body) => parseTask(body).id)).toEqual([2]);
  });

  test("the counts of a batch follow retries and discards", async () => {
    const { taskQueue, errorQueue } = queues;
    const batch = `followed ${where}`;
    await failBatch(queues, batch, 5, [1, 2, 4]);
    expect(await countsOf(taskQueue, batch)).toEqual({ queued: 0, done: 2, failed: 3, discarded: 0 });
    await retryReports({ ...queues, reports: [{ id: "1" }] });
    expect(await countsOf(taskQueue, batch)).toEqual({ queued: 1, done: 2, failed: 2, discarded: 0 });
    await discardReports({ ...queues, reports: [{ id: "3" }], write: async () => {} });
    expect(await countsOf(taskQueue, batch)).toEqual({ queued: 1, done: 2, failed: 1, discarded: 1 });
    await retryReports({ ...queues, reports: await allReports(errorQueue) });
    expect(await countsOf(taskQueue, batch)).toEqual({ queued: 2, done: 2, failed: 0, discarded: 1 });
  });

  test("many that are gone cost one reading of the queue", async () => {
    const { errorQueue } = queues;
    await errorQueue.send([{ body: failed(task(1)) }]);
    let peeks = 0;
    const counting: Queue = {
      ...errorQueue,
      peek: async (given) => {
        peeks += 1;
        return (await errorQueue.peek?.(given)) ?? [];
      },
    };
    const gone = Array.from({ length: 3000 }, (_, index) => ({ id: String(index + 2) }));
    const outcome = await retryReports({ ...queues, errorQueue: counting, reports: gone });
    expect(outcome).toMatchObject({ ended: 0, kept: 3000, left: 0, stopped: undefined });
    expect(peeks).toBe(2);
  });

  test("a failure of which the report holds only the task's beginning counts in its batch all the same", async () => {
    const { taskQueue, errorQueue } = queues;
    const batch = `cut ${where}`;
    await failBatch(queues, batch, 3, [0, 1, 2], (text) => failed(text, { batch, cutTask: true }));
    await discardReports({ ...queues, reports: [{ id: "1" }], write: async () => {} });
    expect(await countsOf(taskQueue, batch)).toEqual({ queued: 0, done: 0, failed: 2, discarded: 1 });
    await retryReports({ ...queues, reports: [{ id: "2" }], replacement: task(7, { name: "PASTE" }) });
    expect(await countsOf(taskQueue, batch)).toEqual({ queued: 1, done: 0, failed: 1, discarded: 1 });
    expect((await bodiesIn(taskQueue)).map(parseTask)).toMatchObject([{ name: "PASTE", batch }]);
    if (taskQueue.transaction?.includes(errorQueue) !== true) return;
    await errorQueue.purge();
    expect(await countsOf(taskQueue, batch)).toEqual({ queued: 1, done: 0, failed: 0, discarded: 2 });
  });

  test("a mended document takes the task's place, in its batch", async () => {
    const { taskQueue, errorQueue } = queues;
    const batch = `mended ${where}`;
    await failBatch(queues, batch, 3, [2]);
    const outcome = await retryReports({
      ...queues,
      reports: await allReports(errorQueue),
      replacement: task(2, { name: "PASTE" }),
    });
    expect(outcome).toMatchObject({ ended: 1, kept: 0 });
    const [body = ""] = await bodiesIn(taskQueue);
    expect(parseTask(body)).toMatchObject({ name: "PASTE", batch, position: 2, redrives: 1 });
    expect(await countsOf(taskQueue, batch)).toEqual({ queued: 1, done: 2, failed: 0, discarded: 0 });
  });

  test("a mended document gives a task to a report that had none", async () => {
    await queues.errorQueue.send([{ body: "junk" }]);
    const outcome = await retryReports({ ...queues, reports: [{ id: "1" }], replacement: task(1) });
    expect(outcome).toMatchObject({ ended: 1, kept: 0 });
    expect((await bodiesIn(queues.taskQueue)).map((body) => parseTask(body).id)).toEqual([1]);
  });

  test("a discard hands the reports over before it deletes them", async () => {
    const { errorQueue } = queues;
    const bodies = [
      failed(task(1)),
      "two\nlines of \u001b[31mwhat?",
      '{\r\n  "exception": "e"\n}',
      failed(task(4)),
    ];
    await errorQueue.send(bodies.map((body) => ({ body })));
    const written: string[] = [];
    let there = -1;
    const outcome = await discardReports({
      ...queues,
      reports: [{ id: "1" }, { id: "2" }, { id: "3" }],
      async write(lines) {
        there = (await errorQueue.stats()).leased;
        written.push(...lines);
      },
    });
    expect(outcome).toMatchObject({ ended: 3, kept: 0, stopped: undefined });
    expect(there).toBe(3);
    expect(written).toEqual([bodies[0], JSON.stringify(bodies[1]), '{   "exception": "e" }']);
    expect(await bodiesIn(errorQueue)).toEqual([bodies[3]]);
  });

  test("reports that could not be handed over are not deleted", async () => {
    const { errorQueue } = queues;
    await errorQueue.send([{ body: failed(task(1)) }, { body: failed(task(2)) }]);
    const full = new SimpleTasksError("storage_full", "the disk is full");
    const outcome = await discardReports({
      ...queues,
      reports: await allReports(errorQueue),
      write: () => Promise.reject(full),
    });
    expect(outcome).toEqual({ ended: 0, kept: 0, left: 2, stopped: full });
    expect(await errorQueue.stats()).toMatchObject({ visible: 2, leased: 0 });
  });

  test("a signal ends it after the group that is under way; nothing stays leased", async () => {
    const { taskQueue, errorQueue } = queues;
    await errorQueue.send([1, 2, 3, 4, 5].map((id) => ({ body: failed(task(id)) })));
    const controller = new AbortController();
    const outcome = await retryReports({
      ...queues,
      // So long that each is a group of its own.
      reports: (await idsIn(errorQueue)).map((id) => ({ id, length: 4 * 1024 * 1024 })),
      signal: controller.signal,
      onProgress: (ended) => {
        if (ended === 2) controller.abort();
      },
    });
    expect(outcome).toMatchObject({ ended: 2, kept: 0, left: 3, stopped: { code: "aborted" } });
    expect(await errorQueue.stats()).toMatchObject({ visible: 3, leased: 0 });
    expect(await taskQueue.stats()).toMatchObject({ visible: 2 });
  });

  test("a queue that refuses a task keeps its report", async () => {
    const { errorQueue } = queues;
    await using small = createMemoryQueue({ limits: { messageBytes: 300 } });
    await errorQueue.send([
      { body: failed(task(1)) },
      { body: failed(task(2, { payload: "x".repeat(300) })) },
    ]);
    const kept: KeptReport[] = [];
    await retryReports({
      taskQueue: small,
      errorQueue,
      reports: await allReports(errorQueue),
      onKept: (one) => kept.push(one),
    });
    expect(kept).toMatchObject([{ id: "2", reason: "failed", error: { code: "message_too_large" } }]);
    expect(await errorQueue.stats()).toMatchObject({ visible: 1, leased: 0 });
  });
});

test("without a transaction the task is sent before its report is deleted; a report that stays after that is told", async () => {
  const taskQueue = createMemoryQueue();
  const errors = createMemoryQueue();
  const calls: string[] = [];
  const errorQueue: Queue = {
    ...without(errors, "transaction"),
    async delete() {
      calls.push(`delete, with ${(await bodiesIn(taskQueue)).length} sent`);
      throw new SimpleTasksError("io", "the disk is gone");
    },
  };
  await errors.send([{ body: failed(task(1)) }]);
  const kept: KeptReport[] = [];
  const outcome = await retryReports({
    taskQueue,
    errorQueue,
    reports: [{ id: "1" }],
    onKept: (one) => kept.push(one),
  });
  expect(calls).toEqual(["delete, with 1 sent"]);
  expect(outcome).toMatchObject({ ended: 0, kept: 1 });
  expect(kept).toMatchObject([{ id: "1", reason: "sent", error: { code: "io" } }]);
});

test("an engine that cannot lease by id says so, and nothing is done", async () => {
  const taskQueue = createMemoryQueue();
  const errorQueue = without(createMemoryQueue(), "lease");
  await errorQueue.send([{ body: failed(task(1)) }]);
  const options = { taskQueue, errorQueue, reports: [{ id: "1" }] };
  await expect(retryReports(options)).rejects.toMatchObject({ code: "not_supported" });
  await expect(discardReports({ ...options, write: async () => {} })).rejects.toMatchObject({
    code: "not_supported",
  });
  expect(await errorQueue.stats()).toMatchObject({ visible: 1 });
});

test("a replacement is checked first, and replaces one task only", async () => {
  const queues = { taskQueue: createMemoryQueue(), errorQueue: createMemoryQueue() };
  const retry = (replacement: string, ids: readonly string[]) =>
    retryReports({ ...queues, reports: ids.map((id) => ({ id })), replacement });
  await expect(retry("{}", ["1"])).rejects.toMatchObject({ code: "task_unparsable" });
  await expect(retry(task(1), ["1", "2"])).rejects.toMatchObject({ code: "usage" });
});
