import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { daemonSettings } from "../../../shared/daemon/options.ts";
import { startExpiry, type ExpiryOptions } from "../../../shared/daemon/expiry.ts";
import { SimpleTasksError } from "../../../shared/errors.ts";
import type { Queue } from "../../../shared/queue/queue.ts";
import { ground } from "./daemon-under-test.ts";

const hour = 3_600_000;
const day = 24 * hour;
const start = Date.parse("2026-01-31T12:00:00Z");

beforeEach(() => void vi.useFakeTimers({ now: start }));
afterEach(() => void vi.useRealTimers());

type Expire = NonNullable<ExpiryOptions["queues"][number]["expire"]>;

/** An expiry over one queue, and what it asked and told. */
function expiryOf(expire: Expire, days = 14) {
  const asked: string[] = [];
  const told: unknown[] = [];
  const expiry = startExpiry({
    queues: [
      {
        url: "memory:errors",
        expire(before, options) {
          asked.push(new Date(before).toISOString());
          return expire(before, options);
        },
      },
      { url: "sqs://forgets-by-itself" },
    ],
    days,
    log: { log: (level, message, fields) => void told.push([level, message, fields]) },
  });
  return { asked, told, expiry };
}

describe("reports", () => {
  it("older than the days are removed at the start and every hour, and what went is told", async () => {
    const counts = [3, 0];
    const { asked, told, expiry } = expiryOf(async () => counts.shift() ?? 2);
    await vi.advanceTimersByTimeAsync(2 * hour);
    expect(asked).toEqual([
      "2026-01-17T12:00:00.000Z",
      "2026-01-17T13:00:00.000Z",
      "2026-01-17T14:00:00.000Z",
    ]);
    expect(told).toEqual([
      ["info", "old reports removed", { queue: "memory:errors", reports: 3, days: 14 }],
      ["info", "old reports removed", { queue: "memory:errors", reports: 2, days: 14 }],
    ]);
    expiry[Symbol.dispose]();
    await vi.advanceTimersByTimeAsync(day);
    expect(asked).toHaveLength(3);
  });

  it("are kept for good with 0 days", async () => {
    const { asked, expiry } = expiryOf(async () => 1, 0);
    await vi.advanceTimersByTimeAsync(day);
    expect(asked).toEqual([]);
    expiry[Symbol.dispose]();
  });

  it("that cannot be removed are tried again an hour later", async () => {
    let failing = true;
    const { told, expiry } = expiryOf(async () => {
      if (failing) throw new SimpleTasksError("queue_busy", "the file is locked");
      return 1;
    });
    await vi.advanceTimersByTimeAsync(0);
    failing = false;
    await vi.advanceTimersByTimeAsync(hour);
    expect(told).toMatchObject([
      ["warn", expect.stringContaining("trying again"), { error: "the file is locked" }],
      ["info", "old reports removed", { reports: 1 }],
    ]);
    expiry[Symbol.dispose]();
  });

  it("of a queue that takes long are not asked for twice at a time, and the end calls it off in silence", async () => {
    let signal: AbortSignal | undefined;
    const { asked, told, expiry } = expiryOf((_before, options) => {
      signal = options?.signal;
      return new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => reject(new SimpleTasksError("aborted", "called off")));
      });
    });
    await vi.advanceTimersByTimeAsync(5 * hour);
    expect(asked).toHaveLength(1);
    expiry[Symbol.dispose]();
    await vi.advanceTimersByTimeAsync(0);
    expect(signal?.aborted).toBe(true);
    expect(told).toEqual([]);
  });
});

describe("a daemon", () => {
  it("removes old reports of its error and done queue, and no task however old", async () => {
    vi.useRealTimers();
    await using on = await ground();
    const asked: string[] = [];
    const watched = (queue: Queue): Queue => ({
      ...queue,
      async expire(before) {
        asked.push(`${queue.url} ${Math.round((Date.now() - before) / day)}`);
        return 0;
      },
    });
    const [taskQueue, errorQueue, doneQueue] = [watched(on.tasks), watched(on.errors), watched(on.done)];
    await on.daemon({ taskQueue, errorQueue, doneQueue, reportDays: 3 }).run();
    expect(asked).toEqual(["memory:errors 3", "memory:done 3"]);
    asked.length = 0;
    await on.daemon({ taskQueue, errorQueue: taskQueue, doneQueue: undefined }).run();
    expect(asked).toEqual([]);
  });

  it("ends without waiting for a queue that removes reports", async () => {
    vi.useRealTimers();
    await using on = await ground();
    const errorQueue: Queue = { ...on.errors, expire: () => new Promise(() => {}) };
    await expect(on.daemon({ errorQueue }).run()).resolves.toMatchObject({ failed: 0 });
  });

  it("keeps reports 14 days unless told otherwise, and refuses days that are none", async () => {
    await using on = await ground();
    const { tasks: taskQueue, errors: errorQueue, bucket, datasource } = on;
    const days = (reportDays?: number): number =>
      daemonSettings(
        { taskQueue, errorQueue, bucket, datasource, ...(reportDays !== undefined && { reportDays }) },
        { hostname: "h", pid: 1 },
      ).reportDays;
    expect([days(), days(0), days(0.5)]).toEqual([14, 0, 0.5]);
    for (const wrong of [-1, Number.NaN, Infinity]) {
      expect(() => days(wrong)).toThrow(`reportDays must be 0 … 36500 days, not ${wrong}`);
    }
  });
});
