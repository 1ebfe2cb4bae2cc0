import path from "node:path";
import * as fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { createMemoryQueue } from "../../../shared/queue/memory.ts";
import type { BatchCounts, Message, Queue, Settlement } from "../../../shared/queue/queue.ts";
import { settle } from "../../../shared/queue/settle.ts";
import { openFile } from "../../../shared/queue/sqlite/file.ts";
import { createStore } from "../../../shared/queue/sqlite/store.ts";
import { directQueue } from "./sqlite/direct-queue.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

// Whatever happens to its tasks, a batch's counts are what a plain list of those tasks says. Random operations run on the
// queues and on the list, under one clock.

let time = 0;
let runs = 0;
const database = openFile({ file: path.join(temporaryDirectory(), "queue.db"), busySeconds: 10 });
const store = createStore(database, { now: () => time });
afterAll(() => store[Symbol.dispose]());

const drivers: readonly [string, () => { tasks: Queue; errors: Queue; done: Queue }][] = [
  [
    "in memory",
    () => {
      const clock = { now: () => time, after: () => () => undefined };
      const [tasks, errors, done] = [0, 1, 2].map(() => createMemoryQueue({ clock }));
      if (tasks === undefined || errors === undefined || done === undefined)
        throw new Error("three were made");
      return { tasks, errors, done };
    },
  ],
  [
    "in a SQLite file",
    () => {
      const queue = (name: string): Queue => directQueue(store, `${name} ${runs}`);
      return { tasks: queue("tasks"), errors: queue("errors"), done: queue("done") };
    },
  ],
];

/** One task of a batch, as the model knows it. `open`: somewhere in the task queue. */
interface Task {
  readonly number: number;
  readonly batch: string;
  state: "open" | "done" | "failed" | "discarded";
  /** Milliseconds; 0 when it is not leased. */
  leaseEnd: number;
  receipt: string;
}

const some = fc.array(fc.nat(6), { minLength: 1, maxLength: 5 });
const operations = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("schedule" as const),
        batch: fc.constantFrom("one", "two"),
        delays: fc.array(fc.constantFrom(0, 0, 0, 2), { minLength: 1, maxLength: 5 }),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("receive" as const),
        max: fc.integer({ min: 1, max: 4 }),
        leaseSeconds: fc.constantFrom(1, 3),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("leaseById" as const), skip: fc.nat(3) }) },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("settle" as const),
        leases: some,
        ends: fc.array(fc.constantFrom("done" as const, "failed" as const, "retrying" as const), {
          minLength: 5,
          maxLength: 5,
        }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("release" as const), leases: some }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant("advance" as const), seconds: fc.constantFrom(1, 2) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constantFrom("retry" as const, "discard" as const),
        skip: fc.nat(2),
        max: fc.integer({ min: 1, max: 3 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("junk" as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("purge" as const),
        which: fc.constantFrom("tasks" as const, "errors" as const, "done" as const),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("expireDone" as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("releaseAll" as const) }) },
  ),
  { maxLength: 40, size: "max" },
);

describe.each(drivers)("%s", (_, open) => {
  test("a batch's counts are those of its tasks, after any operations", async () => {
    await fc.assert(
      fc.asyncProperty(operations, async (chosen) => {
        if (database.isTransaction) store.rollback();
        runs += 1;
        time = 1_000_000;
        const queues = open();
        const run = `run ${runs}`;
        const tasks: Task[] = [];
        /** All leases so far, newest first. */
        const leases: { readonly receipt: string; readonly task: Task }[] = [];

        for (const operation of chosen) {
          await carryOut(operation, { ...queues, run, model: tasks, leases });
          expect(shown(await queues.tasks.batches?.list())).toEqual(counted(tasks));
          expect(await queues.errors.batches?.list()).toEqual([]);
        }
      }),
      { numRuns: 120 },
    );
  });
});

type Operation = typeof operations extends fc.Arbitrary<(infer One)[]> ? One : never;

interface World {
  readonly tasks: Queue;
  readonly errors: Queue;
  readonly done: Queue;
  /** What batches' names begin with. */
  readonly run: string;
  readonly model: Task[];
  readonly leases: { readonly receipt: string; readonly task: Task }[];
}

async function carryOut(operation: Operation, world: World): Promise<void> {
  const { tasks, errors, done, run, model, leases } = world;
  switch (operation.kind) {
    case "schedule": {
      const batch = `${run} ${operation.batch}`;
      const first = model.length;
      const made = operation.delays.map((__, index): Task => ({
        number: first + index,
        batch,
        state: "open",
        leaseEnd: 0,
        receipt: "",
      }));
      model.push(...made);
      await tasks.send(
        made.map((task, index) => ({
          body: taskBody(task),
          delaySeconds: operation.delays[index],
          counts: { batch, change: "scheduled" },
        })),
      );
      break;
    }
    case "receive": {
      const { max, leaseSeconds } = operation;
      note(await tasks.receive({ max, waitSeconds: 0, leaseSeconds }), world);
      break;
    }
    case "leaseById": {
      const ids = (await tasks.peek?.({ max: 100 })) ?? [];
      note(
        (await tasks.lease?.(
          ids.slice(operation.skip).map(({ id }) => id),
          2,
        )) ?? [],
        world,
      );
      break;
    }
    case "settle": {
      const given = operation.leases.flatMap((place) => leases[place] ?? []);
      const ends = given.map((__, index) => operation.ends[index] ?? "done");
      const settlements = given.map(({ receipt, task }, index): Settlement => {
        const body = taskBody(task);
        if (ends[index] === "retrying") return { receipt, sends: [{ queue: tasks, body, delaySeconds: 1 }] };
        return ends[index] === "done"
          ? {
              receipt,
              sends: [{ queue: done, body: `{"task":${body},"result":{"success":true}}` }],
              counts: { batch: task.batch, change: "done" },
            }
          : {
              receipt,
              sends: [{ queue: errors, body: `{"task":${body},"exception":"boom"}` }],
              counts: { batch: task.batch, change: "failed" },
            };
      });
      const outcomes = await settle(tasks, settlements);
      for (const [index, { receipt, task }] of given.entries()) {
        const held = task.receipt === receipt && task.leaseEnd > time;
        expect(outcomes[index]?.held).toBe(held);
        if (!held) continue;
        const end = ends[index] ?? "done";
        Object.assign(task, { state: end === "retrying" ? "open" : end, leaseEnd: 0, receipt: "" });
      }
      break;
    }
    case "release": {
      const receipts = operation.leases.flatMap((place) => leases[place]?.receipt ?? []);
      await tasks.release(receipts.map((receipt) => ({ receipt })));
      for (const task of model) if (receipts.includes(task.receipt)) task.receipt = "";
      break;
    }
    case "advance":
      time += operation.seconds * 1000;
      break;
    case "retry":
    case "discard": {
      const peeked = (await errors.peek?.({ max: 100 })) ?? [];
      const ids = peeked.slice(operation.skip, operation.skip + operation.max).map(({ id }) => id);
      const reports = (await errors.lease?.(ids, 60)) ?? [];
      const failed = reports.flatMap(({ receipt, body }) => {
        const task = taskOf(body, model);
        return task === undefined ? [] : [{ receipt, task }];
      });
      const settlements = failed.map(({ receipt, task }): Settlement => {
        const { batch } = task;
        if (operation.kind === "discard")
          return { receipt, sends: [], counts: { batch, change: "discarded" } };
        const counts = { batch, change: "retried" } as const;
        return { receipt, sends: [{ queue: tasks, body: taskBody(task), counts }] };
      });
      for (const { held } of await settle(errors, settlements)) expect(held).toBe(true);
      for (const { task } of failed) task.state = operation.kind === "discard" ? "discarded" : "open";
      await errors.releaseAll?.();
      break;
    }
    case "junk": {
      const bodies = [
        "no JSON",
        "",
        "[]",
        "null",
        '{"simpletasks":{"batch":7}}',
        "nul \0",
        '{"exception":{}}',
      ];
      await Promise.all([tasks, errors, done].map((queue) => queue.send(bodies.map((body) => ({ body })))));
      break;
    }
    case "purge": {
      await world[operation.which].purge();
      const state = { tasks: "open", errors: "failed", done: undefined }[operation.which];
      for (const task of model) {
        if (task.state === state) Object.assign(task, { state: "discarded", leaseEnd: 0, receipt: "" });
      }
      break;
    }
    case "expireDone":
      await done.expire?.(time - 2000);
      break;
    case "releaseAll":
      await tasks.releaseAll?.();
      for (const task of model) task.receipt = "";
      break;
  }
}

function note(messages: readonly Message[], { model, leases }: World): void {
  for (const { body, receipt, leaseEnd } of messages) {
    const task = taskOf(body, model);
    if (task === undefined) continue;
    Object.assign(task, { receipt, leaseEnd });
    leases.unshift({ receipt, task });
  }
}

function taskBody({ number, batch }: Task): string {
  const info = { id: number, name: "NO_OP", base_directory: "set", inputs: [] };
  return JSON.stringify({ basic_info: info, payload_info: null, simpletasks: { batch, position: number } });
}

/** The task that a message of ours is, or that a report of ours is about. */
function taskOf(body: string, model: readonly Task[]): Task | undefined {
  const number = /"position":(\d+)/.exec(body)?.[1];
  return number === undefined ? undefined : model[Number(number)];
}

type Counts = Omit<BatchCounts, "firstAt" | "lastAt">;

function counted(tasks: readonly Task[]): Record<string, Counts> {
  const batches: Record<string, { -readonly [key in keyof Counts]: Counts[key] }> = {};
  for (const { batch, state, receipt, leaseEnd } of tasks) {
    const none = { batch, scheduled: 0, queued: 0, running: 0, done: 0, failed: 0, discarded: 0 };
    const counts = (batches[batch] ??= none);
    counts.scheduled += 1;
    if (state !== "open") counts[state] += 1;
    else counts[receipt !== "" && leaseEnd > time ? "running" : "queued"] += 1;
  }
  return batches;
}

function shown(listed: readonly BatchCounts[] = []): Record<string, Counts> {
  return Object.fromEntries(
    listed.map(({ firstAt: _first, lastAt: _last, ...counts }) => [counts.batch, counts]),
  );
}
