import { describe, expect, test } from "vitest";
import type { LineClock } from "../../../shared/daemon/call-line.ts";
import { createSettler, type Settler } from "../../../shared/daemon/settler.ts";
import { type ErrorCode, SimpleTasksError } from "../../../shared/errors.ts";
import { createMemoryQueue } from "../../../shared/queue/memory.ts";
import type { Queue } from "../../../shared/queue/queue.ts";

interface Bench {
  readonly settler: Settler;
  readonly tasks: Queue;
  readonly reports: Queue;
  readonly receipts: readonly string[];
  /** Receipts that the heartbeat keeps. */
  readonly kept: Set<string>;
  readonly logged: string[];
  /** How long the settler has waited each time, in milliseconds. */
  readonly pauses: number[];
  /** Bodies in the queue of reports. */
  reported(): Promise<readonly string[]>;
}

/** A settler over leased messages of queues without a transaction; `changes` breaks them. */
async function bench(
  changes: { tasks?: (queue: Queue) => Partial<Queue>; reports?: (queue: Queue) => Partial<Queue> },
  given: { messages?: number; clock?: (pauses: number[]) => LineClock } = {},
): Promise<Bench> {
  const { messages = 1, clock = hurriedClock } = given;
  const { transaction, ...tasks } = createMemoryQueue();
  const { transaction: other, ...reports } = createMemoryQueue();
  expect([transaction, other]).not.toContain(undefined);
  await tasks.send(Array.from({ length: messages }, (_, place) => ({ body: `task ${place}` })));
  const receipts: string[] = [];
  while (receipts.length < messages) {
    const leased = await tasks.receive({ max: messages, waitSeconds: 0, leaseSeconds: 60 });
    receipts.push(...leased.map(({ receipt }) => receipt));
  }
  const kept = new Set(receipts);
  const logged: string[] = [];
  const pauses: number[] = [];
  const settler = createSettler({
    queue: { ...tasks, ...changes.tasks?.(tasks) },
    keeper: {
      holds: (receipt) => kept.has(receipt),
      drop: (dropped) => dropped.forEach((receipt) => kept.delete(receipt)),
    },
    log: { log: (level, message) => void logged.push(`${level} ${message}`) },
    clock: clock(pauses),
  });
  const broken = { ...reports, ...changes.reports?.(reports) };
  return {
    settler,
    tasks,
    reports: broken,
    receipts,
    kept,
    logged,
    pauses,
    reported: async () => ((await reports.peek?.({ max: 5000 })) ?? []).map(({ body }) => body),
  };
}

/** Every wait is over at once, and its time has passed. */
function hurriedClock(pauses: number[]): LineClock {
  let now = 0;
  return {
    now: () => now,
    after(milliseconds, act) {
      pauses.push(milliseconds);
      const timer = setImmediate(() => {
        now += milliseconds;
        act();
      });
      return () => clearImmediate(timer);
    },
    random: () => 0,
  };
}

/** No wait is ever over. */
function stoppedClock(): LineClock {
  return { now: () => 0, after: () => () => {}, random: () => 0 };
}

function failing(times: number, error: Error): () => void {
  let left = times;
  return () => {
    if (left-- > 0) throw error;
  };
}

const outage = (code: ErrorCode = "io") => new SimpleTasksError(code, "down", { retryable: true });

function settlement(given: Bench, place: number, body = `report ${place}`) {
  return { receipt: given.receipts[place] ?? "", sends: [{ queue: given.reports, body }] };
}

async function left(queue: Queue): Promise<number> {
  const { visible, leased } = await queue.stats();
  return visible + leased;
}

describe("trying again", () => {
  test.each([
    { how: "throws", error: new Error("network") },
    { how: "throws a retryable error", error: outage() },
  ])("a delete that $how is tried again alone: the report is sent once", async ({ error }) => {
    const fail = failing(6, error);
    const given = await bench({
      tasks: (queue) => ({
        async delete(receipts, options) {
          fail();
          return queue.delete(receipts, options);
        },
      }),
    });
    expect(await given.settler.settle(settlement(given, 0))).toEqual({ held: true });
    expect(await given.reported()).toEqual(["report 0"]);
    expect(await left(given.tasks)).toBe(0);
    expect(given.kept.size).toBe(0);
  });

  test("pauses grow to ten seconds", async () => {
    const fail = failing(7, outage());
    const given = await bench({
      reports: (queue) => ({
        async send(messages, options) {
          fail();
          return queue.send(messages, options);
        },
      }),
    });
    expect(await given.settler.settle(settlement(given, 0))).toEqual({ held: true });
    expect(given.pauses).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    expect(given.logged).toHaveLength(7);
    expect(new Set(given.logged)).toEqual(
      new Set(["warn messages' ends could not be reported, trying again"]),
    );
  });

  test("a thousand that keep failing do not hold up the ones that come after", async () => {
    const count = 1001;
    const given = await bench({}, { messages: count, clock: stoppedClock });
    const down = { ...given.reports, send: () => Promise.reject(outage()) };
    for (let place = 0; place < count - 1; place++) {
      void given.settler.settle({
        receipt: given.receipts[place] ?? "",
        sends: [{ queue: down, body: "x" }],
      });
    }
    expect(await given.settler.settle(settlement(given, count - 1))).toEqual({ held: true });
    expect(await given.reported()).toEqual(["report 1000"]);
  });

  test.each([
    new RangeError("a fault"),
    new TypeError("a fault"),
    new SimpleTasksError("closed", "closed"),
    new SimpleTasksError("usage", "wrong"),
  ])("%s is not tried again; the message stays leased for who asked", async (thrown) => {
    const given = await bench({
      reports: () => ({
        async send() {
          throw thrown;
        },
      }),
    });
    expect(await given.settler.settle(settlement(given, 0))).toMatchObject({
      held: false,
      error: { message: thrown.message },
    });
    expect(given.kept.size).toBe(1);
  });

  test("a task queue that fails for good as a whole resolves what was given back, and says so", async () => {
    const given = await bench({
      tasks: () => ({ release: () => Promise.reject(new SimpleTasksError("closed", "closed")) }),
    });
    const [receipt = ""] = given.receipts;
    expect(await given.settler.release({ receipt })).toMatchObject({
      held: false,
      error: { code: "closed" },
    });
    expect(given.logged).toEqual(["error messages could not be given back"]);
    expect(given.kept.size).toBe(0);
  });

  test("a lease that ends meanwhile ends the trying, and what was reported is known", async () => {
    const given = await bench({
      tasks: () => ({
        async delete() {
          given.kept.clear();
          throw outage();
        },
      }),
    });
    expect(await given.settler.settle(settlement(given, 0))).toMatchObject({
      held: false,
      error: { code: "lease_lost" },
      reported: true,
    });
  });
});

describe("abandoned", () => {
  test("what waits is tried once more, then given back", async () => {
    let sends = 0;
    const failed = Promise.withResolvers<void>();
    const given = await bench(
      {
        reports: () => ({
          async send() {
            sends += 1;
            failed.resolve();
            throw outage();
          },
        }),
      },
      { clock: stoppedClock },
    );
    const settled = given.settler.settle(settlement(given, 0));
    await failed.promise;
    given.settler.abandon();
    expect(await settled).toMatchObject({ held: false, error: { code: "io" } });
    expect(sends).toBe(2);
    expect(await given.tasks.stats()).toMatchObject({ visible: 1, leased: 0 });
    expect(given.kept.size).toBe(0);
  });

  test("what comes later has its one try too, and succeeds if it can", async () => {
    const given = await bench({}, { clock: stoppedClock });
    given.settler.abandon();
    expect(await given.settler.settle(settlement(given, 0))).toEqual({ held: true });
    expect(await given.reported()).toEqual(["report 0"]);
  });

  test("a queue that never answers does not hold up the end", async () => {
    const never = () => new Promise<never>(() => {});
    const given = await bench({ reports: () => ({ send: never }), tasks: () => ({ release: never }) });
    const settled = given.settler.settle(settlement(given, 0));
    given.settler.abandon();
    expect(await settled).toMatchObject({ held: false, error: { code: "aborted" } });
    expect(given.kept.size).toBe(0);
  });
});
