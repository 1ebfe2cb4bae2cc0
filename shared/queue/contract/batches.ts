import { randomUUID } from "node:crypto";
import { expectEqual, expectTrue } from "../../expectations.ts";
import type { BatchChange, BatchCounts, Queue, QueueBatches } from "../queue.ts";
import { settle } from "../settle.ts";
import { type QueueRow, type QueueRowContext } from "./row.ts";
import { expectHeld, receiveCount, untilAfter } from "./steps.ts";

/** Of queues that count batches. Every row has a batch of its own: a queue may share its counts with others. */
export const batchRows: readonly QueueRow[] = [
  row("counts, where it can, a batch's tasks as they are scheduled, leased and ended", async (given) => {
    const { queue, batch, counts, schedule } = given;
    const before = Date.now();
    await schedule(["a", "b", "c"], 0);
    await schedule(["later"], 300);
    await counts("after sending", { scheduled: 4, queued: 4 });
    const messages = await receiveCount(given, 3);
    await counts("while three are leased", { scheduled: 4, queued: 1, running: 3 });
    const [done = "", failed = "", returned = ""] = messages.map(({ receipt }) => receipt);
    const ends = [change(done, "done"), change(failed, "failed")];
    expectHeld("Settling", await settle(queue, ends), [true, true]);
    await queue.release([{ receipt: returned }]);
    await counts("at last", { scheduled: 4, queued: 2, done: 1, failed: 1 });
    const [own] = await given.batches.list();
    expectTrue("the first change is not before the send", (own?.firstAt ?? 0) >= before - 1);
    expectTrue("the last change is not before the first", (own?.lastAt ?? 0) >= (own?.firstAt ?? Infinity));

    function change(receipt: string, change: BatchChange["change"]) {
      return { receipt, sends: [], counts: { batch, change } };
    }
  }),
  row("counts nothing for a lease that is lost, nor for a message that is refused", async (given) => {
    const { queue, batch, counts, schedule } = given;
    await schedule(["a"], 0);
    const [first] = await receiveCount(given, 1, { leaseSeconds: given.shortLease });
    await untilAfter(first?.leaseEnd ?? 0);
    const end = (receipt = "") => ({
      receipt,
      sends: [{ queue, body: "again", counts: { batch, change: "scheduled" } as const }],
      counts: { batch, change: "done" } as const,
    });
    expectHeld("Settling under a lapsed lease", await settle(queue, [end(first?.receipt)]), [false]);
    await counts("after a lost lease", { scheduled: 1, queued: 1 });
    const refused = { body: "a", delaySeconds: -1, counts: { batch, change: "scheduled" } as const };
    await queue.send([refused]);
    await counts("after a refused message", { scheduled: 1, queued: 1 });
    const [second] = await receiveCount(given, 1);
    const twice = await settle(queue, [end(second?.receipt), end(second?.receipt)]);
    expectEqual("Settled of one lease given twice", twice.filter(({ held }) => held).length, 1);
    await counts("after it was settled", { scheduled: 2, queued: 1, done: 1 });
  }),
  row("counts a failure's retry and its discard once, however often they are told", async (given) => {
    const { batches, batch, counts, schedule } = given;
    await schedule(["a", "b", "c"], 0);
    await batches.count(["failed", "failed", "done"].map(changed));
    await batches.count(["retried"].map(changed));
    await counts("after a retry", { scheduled: 3, queued: 1, done: 1, failed: 1 });
    await batches.count(["discarded", "discarded", "retried"].map(changed));
    await batches.count([]);
    await counts("after more than there was", { scheduled: 3, queued: 2, done: 1 });
    await batches.count(["failed", "discarded"].map(changed));
    await counts("after a discard", { scheduled: 3, queued: 1, done: 1, discarded: 1 });

    function changed(change: string): BatchChange {
      return { batch, change: change as BatchChange["change"] };
    }
  }),
  row("counts what is purged as discarded: tasks, and the reports of tasks that failed", async (given) => {
    const { queue, batch, counts, schedule, task } = given;
    const errors = await given.openAnother();
    await schedule(["a", "b", "c", "d"], 0);
    const [first, second] = await receiveCount(given, 3);
    const report = (receipt = "") => ({
      receipt,
      sends: [{ queue: errors, body: JSON.stringify({ task: task("a"), exception: "boom" }) }],
      counts: { batch, change: "failed" } as const,
    });
    await settle(queue, [report(first?.receipt), report(second?.receipt)]);
    await queue.send(["no JSON", "[]", "{", '"text"', "\0"].map((body) => ({ body })));
    await counts("before", { scheduled: 4, queued: 1, running: 1, failed: 2 });
    await queue.purge();
    await counts("after the queue was purged", { scheduled: 4, failed: 2, discarded: 2 });
    if (queue.transaction?.includes(errors) !== true) return;
    const done = await given.openAnother();
    const body = JSON.stringify({ task: task("a"), result: { success: true } });
    await done.send([{ body }]);
    await done.purge();
    await counts("after reports of success were purged", { scheduled: 4, failed: 2, discarded: 2 });
    await errors.purge();
    await counts("after reports of failure were purged", { scheduled: 4, discarded: 4 });
  }),
  row("lists the batches that were scheduled to it, the newest first", async (given) => {
    const { queue, batches, batch } = given;
    const other = await given.openAnother();
    const later = `${batch} later`;
    const scheduled = (name: string) => ({
      body: "{}",
      counts: { batch: name, change: "scheduled" } as const,
    });
    await queue.send([scheduled(batch)]);
    await untilAfter(Date.now());
    await queue.send([scheduled(later), scheduled(batch)]);
    await other.send([scheduled(`${batch} elsewhere`)]);
    const listed = await batches.list();
    expectEqual(
      "Names and numbers",
      listed.map((one) => `${one.batch}: ${one.scheduled}`),
      [`${later}: 1`, `${batch}: 2`],
    );
  }),
  row("counts what ended of a batch that was never scheduled to it", async (given) => {
    const { batches, batch, counts } = given;
    await batches.count([
      { batch, change: "retried" },
      { batch, change: "discarded" },
    ]);
    expectEqual("The batches after what ended elsewhere", await batches.list(), []);
    await batches.count([
      { batch, change: "done" },
      { batch, change: "failed" },
    ]);
    await counts("after two ended", { scheduled: 2, done: 1, failed: 1 });
  }),
];

interface BatchRowContext extends QueueRowContext {
  readonly batches: QueueBatches;
  readonly batch: string;
  /** Sends tasks of the batch. */
  schedule(names: readonly string[], delaySeconds: number): Promise<void>;
  task(name: string): object;
  /** Fails unless the queue knows this batch alone, with these counts and no others. */
  counts(when: string, expected: Partial<BatchCounts>): Promise<void>;
}

/** A row that asks nothing of a queue which counts no batches. */
function row(name: string, run: (context: BatchRowContext) => Promise<void>): QueueRow {
  return {
    name,
    async run(context) {
      const { queue } = context;
      if (queue.batches !== undefined) await run(withBatch(context, queue, queue.batches));
    },
  };
}

function withBatch(context: QueueRowContext, queue: Queue, batches: QueueBatches): BatchRowContext {
  const batch = `batch ${randomUUID()}`;
  const task = (name: string): object => ({
    basic_info: { name, base_directory: "contract", inputs: [] },
    payload_info: null,
    simpletasks: { batch },
  });
  const counted = { batch, change: "scheduled" } as const;
  return {
    ...context,
    batches,
    batch,
    task,
    async schedule(names, delaySeconds) {
      const bodies = names.map((name) => JSON.stringify(task(name)));
      const outcomes = await queue.send(bodies.map((body) => ({ body, delaySeconds, counts: counted })));
      expectTrue(
        "every task is sent",
        outcomes.every(({ sent }) => sent),
      );
    },
    async counts(when, expected) {
      const listed = await batches.list();
      const none = { scheduled: 0, queued: 0, running: 0, done: 0, failed: 0, discarded: 0 };
      expectEqual(
        `The batch's counts ${when}`,
        listed.map(({ firstAt: _first, lastAt: _last, ...counts }) => counts),
        [{ batch, ...none, ...expected }],
      );
    },
  };
}
