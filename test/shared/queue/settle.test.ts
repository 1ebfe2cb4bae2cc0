import { expect, test } from "vitest";
import { SimpleTasksError } from "../../../shared/errors.ts";
import { createMemoryQueue } from "../../../shared/queue/memory.ts";
import type { BatchChange, Queue } from "../../../shared/queue/queue.ts";
import { settle } from "../../../shared/queue/settle.ts";

/** A queue whose engine has no transactions. */
function withoutTransaction(queue: Queue): Queue {
  const { transaction, ...rest } = queue;
  expect(transaction).toBeDefined();
  return rest;
}

async function leased(queue: Queue, bodies: readonly string[]): Promise<readonly string[]> {
  await queue.send(bodies.map((body) => ({ body })));
  const messages = await queue.receive({ max: bodies.length, waitSeconds: 0, leaseSeconds: 60 });
  return messages.map(({ receipt }) => receipt);
}

async function bodiesIn(queue: Queue): Promise<readonly string[]> {
  return ((await queue.peek?.({ max: 100 })) ?? []).map(({ body }) => body);
}

test("without a transaction everything is sent before anything is deleted, with one send per queue", async () => {
  const calls: string[] = [];
  const traced = (name: string): Queue => {
    const queue = withoutTransaction(createMemoryQueue());
    return {
      ...queue,
      async send(messages) {
        calls.push(`send ${messages.map(({ body }) => body).join(" ")} to ${name}`);
        return queue.send(messages);
      },
      async delete(receipts) {
        calls.push(`delete ${receipts.length} from ${name}`);
        return queue.delete(receipts);
      },
    };
  };
  const [tasks, done, errors] = [traced("tasks"), traced("done"), traced("errors")];
  const [a = "", b = "", c = ""] = await leased(tasks, ["a", "b", "c"]);
  calls.length = 0;
  const outcomes = await settle(tasks, [
    { receipt: a, sends: [{ queue: done, body: "A" }] },
    { receipt: b, sends: [{ queue: errors, body: "B" }] },
    { receipt: c, sends: [{ queue: done, body: "C" }] },
  ]);
  expect(outcomes).toEqual([{ held: true }, { held: true }, { held: true }]);
  expect(calls).toEqual(["send A C to done", "send B to errors", "delete 3 from tasks"]);
});

test("without a transaction a message whose send failed is kept, and its outcome says why", async () => {
  const tasks = withoutTransaction(createMemoryQueue());
  const done = createMemoryQueue({ limits: { messageBytes: 10 } });
  const receipts = await leased(tasks, ["a", "b", "c"]);
  const [a = "", b = "", c = ""] = receipts;
  await tasks.release([{ receipt: c }]);
  const outcomes = await settle(tasks, [
    {
      receipt: a,
      sends: [
        { queue: done, body: "fits" },
        { queue: done, body: "does not fit" },
      ],
    },
    { receipt: b, sends: [{ queue: done, body: "B" }] },
    { receipt: c, sends: [{ queue: done, body: "C" }] },
  ]);
  expect(outcomes.map((outcome) => (outcome.held ? "held" : outcome.error.code))).toEqual([
    "message_too_large",
    "held",
    "lease_lost",
  ]);
  expect(await bodiesIn(tasks)).toEqual(["a", "c"]);
  expect(await bodiesIn(done)).toEqual(["fits", "B", "C"]);
});

test("without a transaction a target that fails as a whole keeps its messages only", async () => {
  const tasks = withoutTransaction(createMemoryQueue());
  const done = createMemoryQueue();
  const broken: Queue = {
    ...createMemoryQueue(),
    send: () => Promise.reject(new SimpleTasksError("io", "no way")),
  };
  const [a = "", b = ""] = await leased(tasks, ["a", "b"]);
  const outcomes = await settle(tasks, [
    { receipt: a, sends: [{ queue: broken, body: "A" }] },
    { receipt: b, sends: [{ queue: done, body: "B" }] },
  ]);
  expect(outcomes.map((outcome) => (outcome.held ? "held" : outcome.error.code))).toEqual(["io", "held"]);
  expect(await bodiesIn(tasks)).toEqual(["a"]);
});

test("a queue that the transaction does not include makes it send first, then delete", async () => {
  const tasks = createMemoryQueue();
  const foreign = withoutTransaction(createMemoryQueue());
  const [a = ""] = await leased(tasks, ["a"]);
  expect(await settle(tasks, [{ receipt: a, sends: [{ queue: foreign, body: "A" }] }])).toEqual([
    { held: true },
  ]);
  expect(await bodiesIn(foreign)).toEqual(["A"]);
  expect(await bodiesIn(tasks)).toEqual([]);
});

test.each([
  { thrown: new Error("network"), code: "io", retryable: true },
  { thrown: new TypeError("fetch failed", { cause: new Error("reset") }), code: "io", retryable: true },
  { thrown: new RangeError("a fault"), code: "internal", retryable: false },
  { thrown: new SimpleTasksError("closed", "closed"), code: "closed", retryable: false },
])(
  "a delete that throws ($thrown) leaves outcomes that say what was sent",
  async ({ thrown, ...expected }) => {
    const tasks = withoutTransaction(createMemoryQueue());
    const done = createMemoryQueue({ limits: { messageBytes: 10 } });
    const [a = "", b = ""] = await leased(tasks, ["a", "b"]);
    const outcomes = await settle({ ...tasks, delete: () => Promise.reject(thrown) }, [
      { receipt: a, sends: [{ queue: done, body: "A" }] },
      { receipt: b, sends: [{ queue: done, body: "does not fit" }] },
    ]);
    expect(outcomes).toMatchObject([
      { held: false, reported: true, error: expected },
      { held: false, error: { code: "message_too_large" } },
    ]);
    expect(outcomes[1]).not.toHaveProperty("reported");
    expect(await bodiesIn(done)).toEqual(["A"]);
  },
);

test("a message whose lease was lost after its report went out is told as reported", async () => {
  const tasks = withoutTransaction(createMemoryQueue());
  const done = createMemoryQueue();
  const [a = ""] = await leased(tasks, ["a"]);
  await tasks.release([{ receipt: a }]);
  const outcomes = await settle(tasks, [{ receipt: a, sends: [{ queue: done, body: "A" }] }]);
  expect(outcomes).toMatchObject([{ held: false, reported: true, error: { code: "lease_lost" } }]);
});

/** A queue whose transaction includes itself alone, as one of another file does. */
function alone(queue: Queue): Queue {
  const { transaction } = queue;
  if (transaction === undefined) throw new Error("The memory queue has a transaction.");
  return { ...queue, transaction: { ...transaction, includes: (other) => other === queue } };
}

test("what stays within the file is whole although other ends beside it are not: a task sent again is never doubled", async () => {
  const plain = createMemoryQueue();
  const tasks = alone(plain);
  const done = withoutTransaction(createMemoryQueue());
  const [a = "", b = "", c = ""] = await leased(plain, ["a", "b", "c"]);
  await plain.release([{ receipt: a }, { receipt: c }]);
  const outcomes = await settle(tasks, [
    { receipt: a, sends: [{ queue: plain, body: "a once more" }] },
    { receipt: b, sends: [{ queue: plain, body: "b once more" }] },
    { receipt: c, sends: [{ queue: done, body: "C" }] },
  ]);
  expect(
    outcomes.map((outcome) => (outcome.held ? "held" : outcome.reported === true ? "reported" : "lost")),
  ).toEqual(["lost", "held", "reported"]);
  expect(await bodiesIn(plain)).toEqual(["a", "c", "b once more"]);
  expect(await bodiesIn(done)).toEqual(["C"]);
});

test("across files the end is counted with the delete, and only once both were acknowledged", async () => {
  const tasks = createMemoryQueue();
  const done = withoutTransaction(createMemoryQueue({ limits: { messageBytes: 10 } }));
  const batch = "the batch of a test of settle";
  const counted = (change: BatchChange["change"]): BatchChange => ({ batch, change });
  await tasks.send(["a", "b", "c"].map((body) => ({ body, counts: counted("scheduled") })));
  const messages = await tasks.receive({ max: 3, waitSeconds: 0, leaseSeconds: 60 });
  const [a = "", b = "", c = ""] = messages.map(({ receipt }) => receipt);
  await tasks.release([{ receipt: c }]);
  const outcomes = await settle(alone(tasks), [
    { receipt: a, sends: [{ queue: done, body: "A" }], counts: counted("done") },
    { receipt: b, sends: [{ queue: done, body: "too long for it" }], counts: counted("failed") },
    { receipt: c, sends: [{ queue: done, body: "C" }], counts: counted("done") },
  ]);
  expect(outcomes.map(({ held }) => held)).toEqual([true, false, false]);
  expect(await tasks.batches?.list()).toMatchObject([{ scheduled: 3, done: 1, failed: 0, queued: 2 }]);
  expect(await bodiesIn(tasks)).toEqual(["b", "c"]);
});
