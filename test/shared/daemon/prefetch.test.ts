import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Bucket } from "../../../shared/bucket/bucket.ts";
import { createMemoryBucket } from "../../../shared/bucket/memory.ts";
import { defineTask, type TaskType } from "../../../shared/task/define.ts";
import { gate, ground, type Ground } from "./daemon-under-test.ts";

/** A bucket that tells of every get, and holds each until it is let through. */
function gatedBucket(): { bucket: Bucket; gets: string[]; waitForGets(count: number): Promise<void> } {
  const bucket = createMemoryBucket();
  const gets: string[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const { get } = bucket;
  Object.assign(bucket, {
    async get(...words: Parameters<Bucket["get"]>) {
      gets.push(words[0]);
      for (const one of waiting) if (gets.length >= one.count) one.resolve();
      return get.apply(bucket, words);
    },
  });
  return {
    bucket,
    gets,
    async waitForGets(count) {
      if (gets.length >= count) return;
      await new Promise<void>((resolve) => waiting.push({ count, resolve }));
    },
  };
}

describe("prefetch", () => {
  let on: Ground;
  let gated: ReturnType<typeof gatedBucket>;
  let begun: ReturnType<typeof gate>;
  let go: ReturnType<typeof gate>;
  beforeEach(async () => {
    gated = gatedBucket();
    on = await ground({ bucket: gated.bucket });
    begun = gate();
    go = gate();
    for (let id = 0; id < 8; id += 1) await on.bucket.put(`set/${id}.dat`, "x".repeat(100));
    await on.send(...Array.from({ length: 8 }, (_, id) => ({ inputs: [`${id}.dat`] })));
  });
  afterEach(async () => on[Symbol.asyncDispose]());

  const held = (): TaskType =>
    defineTask({
      name: "TEST",
      async execute() {
        begun.open();
        await go.promise;
      },
    }) as TaskType;

  test("while the first task executes, the inputs of the next ones are fetched, up to the depth in tasks", async () => {
    const daemon = on.daemon({ prefetch: { tasks: 3 }, pollFrequencySeconds: 30 });
    daemon.register(held());
    const run = daemon.run();
    await begun.promise;
    await gated.waitForGets(4);
    await Promise.resolve();
    expect(gated.gets).toEqual(["set/0.dat", "set/1.dat", "set/2.dat", "set/3.dat"]);
    await vi.waitFor(async () => expect((await on.cache.status()).pinnedEntries).toBeGreaterThanOrEqual(3));
    go.open();
    expect(await run).toMatchObject({ succeeded: 8 });
    expect(gated.gets).toHaveLength(8);
  });

  test("up to the depth in bytes: what is pinned for waiting tasks stays within one object of it", async () => {
    const daemon = on.daemon({ prefetch: { tasks: 100, bytes: 250 }, pollFrequencySeconds: 30 });
    daemon.register(held());
    const run = daemon.run();
    await begun.promise;
    await gated.waitForGets(4);
    // What runs, what the limit allows, and the one object that reached it.
    await vi.waitFor(async () => expect((await on.cache.status()).pinnedBytes).toBe(100 + 300));
    expect(gated.gets).toHaveLength(4);
    go.open();
    expect(await run).toMatchObject({ succeeded: 8 });
  });

  test("the leases of prefetched tasks are renewed while they wait", async () => {
    const renewed = new Set<string>();
    const enough = gate();
    const extend = on.tasks.extend.bind(on.tasks);
    Object.assign(on.tasks, {
      extend: async (...words: Parameters<typeof extend>) => {
        for (const receipt of words[0]) renewed.add(receipt);
        if (renewed.size >= 4) enough.open();
        return extend(...words);
      },
    });
    const daemon = on.daemon({ prefetch: { tasks: 3 }, pollFrequencySeconds: 30, leaseSeconds: 1 });
    daemon.register(held());
    const run = daemon.run();
    await enough.promise;
    go.open();
    expect(await run).toMatchObject({ succeeded: 8, leasesLost: 0 });
  });

  test("near the end of the queue an idle daemon gets what only waits", async () => {
    const busy = on.daemon({ prefetch: { tasks: 10 }, pollFrequencySeconds: 0.1 });
    busy.register(held());
    const busyRun = busy.run();
    await begun.promise;
    await gated.waitForGets(8);
    const ran: unknown[] = [];
    const allButOne = gate();
    const idle = on.daemon({ pollFrequencySeconds: 0.1 });
    idle.register(
      defineTask({
        name: "TEST",
        execute(task) {
          ran.push(task.id);
          if (ran.length === 7) allButOne.open();
        },
      }),
    );
    const idleRun = idle.run();
    await allButOne.promise;
    go.open();
    expect(await busyRun).toMatchObject({ succeeded: 1 });
    expect(await idleRun).toMatchObject({ succeeded: 7 });
    expect(ran.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test("tasks that wait for their type's concurrency keep no others from being leased, fetched and run", async () => {
    await on.tasks.purge();
    const input = { inputs: ["0.dat"] };
    await on.send(...Array.from({ length: 16 }, () => input), { ...input, name: "OTHER" });
    const daemon = on.daemon({ workers: 2, pollFrequencySeconds: 30 });
    daemon.register(
      defineTask({
        name: "TEST",
        concurrency: 1,
        async execute() {
          await go.promise;
        },
      }),
    );
    // Only this one's end lets the others go on.
    daemon.register(defineTask({ name: "OTHER", execute: () => go.open() }));
    expect(await daemon.run()).toMatchObject({ succeeded: 17 });
  });

  test("a failed prefetch counts only when its task's turn comes", async () => {
    await on.tasks.purge();
    await on.send({ inputs: [] }, { inputs: ["late.dat"] });
    const looked = gate();
    const head = on.bucket.head.bind(on.bucket);
    Object.assign(on.bucket, {
      async head(...words: Parameters<typeof head>) {
        const found = await head(...words);
        if (words[0] === "set/late.dat") looked.open();
        return found;
      },
    });
    const daemon = on.daemon({ attempts: 1, pollFrequencySeconds: 30 });
    daemon.register(held());
    const run = daemon.run();
    await begun.promise;
    await looked.promise;
    await on.bucket.put("set/late.dat", "in time");
    go.open();
    expect(await run).toMatchObject({ succeeded: 2, failed: 0 });
  });

  for (const [how, change] of [
    ["through this cache", (ground: Ground) => ground.datasource.put("set/1.dat", "new")],
    ["in a bucket on this machine", (ground: Ground) => ground.bucket.put("set/1.dat", "new")],
  ] as const) {
    test(`an input that changes while its task waits prefetched is seen: ${how}`, async () => {
      // The first task has no inputs, so it surely runs while the second one waits.
      await on.tasks.purge();
      await on.send({ inputs: [] }, { inputs: ["1.dat"] });
      const daemon = on.daemon({ pollFrequencySeconds: 30 });
      const read: string[] = [];
      daemon.register(
        defineTask({
          name: "TEST",
          async execute(_task, _datasource, { inputs }) {
            if (inputs[0] !== undefined) read.push(await readFile(inputs[0].path, "utf8"));
            begun.open();
            await go.promise;
          },
        }),
      );
      const run = daemon.run();
      await begun.promise;
      await gated.waitForGets(1);
      await vi.waitFor(async () => expect((await on.cache.status()).pinnedEntries).toBe(1));
      await change(on);
      go.open();
      expect(await run).toMatchObject({ succeeded: 2 });
      expect(read).toEqual(["new"]);
    });
  }
});
