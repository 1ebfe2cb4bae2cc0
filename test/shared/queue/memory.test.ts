import { expect, test } from "vitest";
import { createMemoryQueue, type MemoryClock } from "../../../shared/queue/memory.ts";

/** A clock that stands still until it is moved; then what is due is called, in order. */
function createManualClock(): MemoryClock & { advance(milliseconds: number): void; readonly timers: number } {
  let time = 1_000_000;
  const timers = new Set<{ readonly due: number; readonly callback: () => void }>();
  return {
    now: () => time,
    get timers() {
      return timers.size;
    },
    after(milliseconds, callback) {
      const timer = { due: time + milliseconds, callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance(milliseconds) {
      const end = time + milliseconds;
      for (;;) {
        const [next] = [...timers].filter(({ due }) => due <= end).sort((one, other) => one.due - other.due);
        if (next === undefined) break;
        timers.delete(next);
        time = next.due;
        next.callback();
      }
      time = end;
    },
  };
}

test("by its injected clock a waiting receive gets a delayed message when it is due, and a lapsed one again", async () => {
  const clock = createManualClock();
  const queue = createMemoryQueue({ clock });
  await queue.send([{ body: "a", delaySeconds: 3600 }]);
  const first = queue.receive({ max: 1, waitSeconds: 7200, leaseSeconds: 60 });
  clock.advance(3_600_000);
  const [message] = await first;
  expect(message).toMatchObject({ body: "a", deliveries: 1, leaseEnd: clock.now() + 60_000 });
  const second = queue.receive({ max: 1, waitSeconds: 7200, leaseSeconds: 60 });
  clock.advance(60_000);
  expect(await second).toMatchObject([{ body: "a", deliveries: 2 }]);
});

test("by its injected clock a waiting receive ends with nothing", async () => {
  const clock = createManualClock();
  const waiting = createMemoryQueue({ clock }).receive({ max: 1, waitSeconds: 20, leaseSeconds: 60 });
  clock.advance(20_000);
  expect(await waiting).toEqual([]);
});

test("a receive that was given up leaves no timer, which would keep the process from ending", async () => {
  const clock = createManualClock();
  const queue = createMemoryQueue({ clock });
  await queue.send([{ body: "a", delaySeconds: 3600 }]);
  const controller = new AbortController();
  const waiting = queue.receive({ max: 1, waitSeconds: 20, leaseSeconds: 60, signal: controller.signal });
  expect(clock.timers).toBe(2);
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: "aborted" });
  expect(clock.timers).toBe(0);
});

test("receivers are served in the order in which they began to wait", async () => {
  const queue = createMemoryQueue();
  const order: string[] = [];
  const receive = async (name: string): Promise<void> => {
    const [message] = await queue.receive({ max: 1, waitSeconds: 20, leaseSeconds: 60 });
    order.push(`${name} ${message?.body}`);
  };
  const waiting = [receive("first"), receive("second")];
  await queue.send([{ body: "a" }, { body: "b" }]);
  await Promise.all(waiting);
  expect(order).toEqual(["first a", "second b"]);
});
