import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { openFile } from "../../../../shared/queue/sqlite/file.ts";
import { createStore } from "../../../../shared/queue/sqlite/store.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { directQueue } from "./direct-queue.ts";

const database = openFile({ file: path.join(temporaryDirectory(), "queue.db"), busySeconds: 10 });
let time = 0;
let commits = 0;
const store = createStore(database, { now: () => time });
const counting: typeof store = {
  ...store,
  commit() {
    store.commit();
    commits += 1;
  },
};
afterAll(() => store[Symbol.dispose]());

test("many old messages go in several transactions, those never received and those given back", async () => {
  const queue = directQueue(counting, "many");
  time = 1000;
  await queue.send(Array.from({ length: 12_000 }, (_, index) => ({ body: `old ${index}` })));
  await queue.send([{ body: "delayed", delaySeconds: 60 }]);
  const returned = [];
  for (let left = 6000; left > 0; left -= 1000) {
    returned.push(...(await queue.receive({ max: 1000, waitSeconds: 0, leaseSeconds: 5000 })));
  }
  const [held, ...others] = returned;
  await queue.release(others.map(({ receipt }) => ({ receipt })));
  time = 2000;
  await queue.send([{ body: "young" }]);
  commits = 0;
  expect(await queue.expire?.(1500)).toBe(11_999);
  expect(commits).toBeGreaterThan(2);
  expect(await queue.stats()).toEqual({ visible: 1, leased: 1, delayed: 1 });
  expect((await queue.peek?.({ max: 10 }))?.map(({ body }) => body)).toEqual([
    held?.body,
    "delayed",
    "young",
  ]);
  commits = 0;
  expect(await queue.expire?.(1500)).toBe(0);
  expect(commits).toBe(1);
});

test("large messages go a few at a time", async () => {
  const queue = directQueue(counting, "large");
  time = 1000;
  await queue.send(Array.from({ length: 12 }, () => ({ body: "x".repeat(8 * 1024 * 1024) })));
  commits = 0;
  expect(await queue.expire?.(1500)).toBe(12);
  expect(commits).toBe(3);
});
