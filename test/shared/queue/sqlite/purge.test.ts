import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { openFile } from "../../../../shared/queue/sqlite/file.ts";
import { createStore } from "../../../../shared/queue/sqlite/store.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { directQueue } from "./direct-queue.ts";

const database = openFile({ file: path.join(temporaryDirectory(), "queue.db"), busySeconds: 10 });
const store = createStore(database);
let onCommit = (): void => undefined;
const told: typeof store = {
  ...store,
  commit() {
    store.commit();
    onCommit();
  },
};
afterAll(() => store[Symbol.dispose]());

/** Calls back after each transaction from now on. */
function countCommits(then: (commits: number) => void = () => undefined): () => number {
  let commits = 0;
  onCommit = () => then(++commits);
  return () => commits;
}

const task = (batch: string): string =>
  JSON.stringify({
    basic_info: { name: "NO_OP", base_directory: "set", inputs: [] },
    payload_info: null,
    simpletasks: { batch },
  });

test("many messages go in several transactions, in every state, and each is counted in its batch", async () => {
  const queue = directQueue(told, "many");
  await queue.send(
    Array.from({ length: 9000 }, (_, index) => {
      const batch = index % 3 === 0 ? "third" : "rest";
      return {
        body: task(batch),
        delaySeconds: index % 2 === 0 ? 0 : 60,
        counts: { batch, change: "scheduled" },
      };
    }),
  );
  const leased = await queue.receive({ max: 1000, waitSeconds: 0, leaseSeconds: 60 });
  await queue.release(leased.slice(500).map(({ receipt }) => ({ receipt })));
  expect(await queue.stats()).toEqual({ visible: 4000, leased: 500, delayed: 4500 });
  const commits = countCommits();
  expect(await queue.purge()).toBe(9000);
  expect(commits()).toBe(3);
  expect(await queue.stats()).toEqual({ visible: 0, leased: 0, delayed: 0 });
  expect(await queue.batches?.list()).toMatchObject([
    { batch: "rest", scheduled: 6000, queued: 0, running: 0, discarded: 6000 },
    { batch: "third", scheduled: 3000, queued: 0, running: 0, discarded: 3000 },
  ]);
  await queue.send([{ body: "new" }]);
  expect(await queue.receive({ max: 10, waitSeconds: 0, leaseSeconds: 60 })).toMatchObject([{ body: "new" }]);
});

test("what is sent while it goes on stays", async () => {
  const queue = directQueue(told, "meanwhile");
  await queue.send(Array.from({ length: 5000 }, () => ({ body: "old" })));
  const commits = countCommits((count) => {
    if (count !== 1) return;
    store.begin(false);
    store.queue("meanwhile").send(["new", "later"], [0, 60]);
    store.commit();
  });
  expect(await queue.purge()).toBe(5000);
  expect(commits()).toBe(2);
  expect(await queue.stats()).toEqual({ visible: 1, leased: 0, delayed: 1 });
  expect(await queue.receive({ max: 10, waitSeconds: 0, leaseSeconds: 60 })).toMatchObject([{ body: "new" }]);
});

test("large messages go a few at a time", async () => {
  const queue = directQueue(told, "large");
  await queue.send(Array.from({ length: 12 }, () => ({ body: "x".repeat(8 * 1024 * 1024) })));
  const commits = countCommits();
  expect(await queue.purge()).toBe(12);
  expect(commits()).toBe(3);
});
