import { statSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openFile } from "../../../../shared/queue/sqlite/file.ts";
import { openSqliteQueue } from "../../../../shared/queue/sqlite/open.ts";
import { createShrinker, type Shrinker } from "../../../../shared/queue/sqlite/shrinker.ts";
import { createStore, type Store } from "../../../../shared/queue/sqlite/store.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const directory = temporaryDirectory();
const megabyte = 1024 * 1024;
let files = 0;
let file: string;
let store: Store;
let time: number;
let shrinker: Shrinker;
/** Whether another process is in a transaction. */
let taken: boolean;
let steps: number;

beforeEach(() => {
  file = path.join(directory, `${files++}.db`);
  store = createStore(openFile({ file, busySeconds: 10 }));
  time = 0;
  taken = false;
  steps = 0;
  shrinker = createShrinker({
    store: {
      ...store,
      commit() {
        store.commit();
        steps += 1;
      },
    },
    lock: { acquire: (tryBegin) => !taken && tryBegin() },
    now: () => time,
  });
});
afterEach(() => store[Symbol.dispose]());

/** Sends so many messages of 8,000 characters; 6,250 are 50 MB. */
function fill(count: number): void {
  for (let sent = 0; sent < count; sent += 1000) {
    store.begin(false);
    store.queue("tasks").send(Array.from({ length: Math.min(1000, count - sent) }, () => "x".repeat(8000)));
    store.commit();
  }
  shrinker.disturb();
}

/** Receives and deletes so many. */
function drain(count: number): void {
  for (let left = count; left > 0;) {
    store.begin(false);
    const { ids, token } = store.queue("tasks").receive(left, 60);
    store.queue("tasks").delete({ ids, tokens: ids.map(() => token) });
    store.commit();
    left -= ids.length;
  }
  shrinker.disturb();
}

/** Lets time pass, with nothing else to do, until there is no further step. */
function settleDown(): void {
  for (let wait = shrinker.step(); wait < Infinity; wait = shrinker.step()) time += wait;
}

const size = (suffix = ""): number => statSync(file + suffix).size;

test("a file that was drained gets small again, in steps, once nobody has written for a second", () => {
  fill(6250);
  drain(6250);
  expect(size() + size("-wal")).toBeGreaterThan(50 * megabyte);
  time = 999;
  expect(shrinker.step()).toBe(1);
  expect(steps).toBe(0);
  settleDown();
  expect(steps).toBeGreaterThan(10);
  expect(size()).toBeLessThan(megabyte / 4);
  expect(size("-wal")).toBe(0);
  fill(10);
  expect(store.existing("tasks")?.stats().visible).toBe(10);
});

test("what is still waiting stays, and in its order", () => {
  fill(3000);
  store.begin(false);
  store.queue("tasks").send(["first", "second", "third"]);
  store.commit();
  drain(3000);
  settleDown();
  expect(size()).toBeLessThan(megabyte / 4);
  expect(
    store
      .existing("tasks")
      ?.peek(10, 0)
      .map(({ body }) => body),
  ).toEqual(["first", "second", "third"]);
});

test("a little free room, or a small part of the file, is kept", () => {
  fill(900);
  drain(900);
  settleDown();
  expect(steps).toBe(0);
  fill(6000);
  drain(1200);
  settleDown();
  expect(steps).toBe(0);
});

test("who writes goes first: each write puts it off, but not for ever", () => {
  fill(3000);
  drain(3000);
  for (; time < 60_000; time += 500) {
    shrinker.step();
    shrinker.disturb();
  }
  expect(steps).toBe(0);
  for (; time < 61_000; time += 10) {
    shrinker.disturb();
    shrinker.step();
  }
  expect(steps).toBeGreaterThan(2);
  expect(steps).toBeLessThanOrEqual(10);
});

test("while another process writes it waits, also when the file is to be closed", () => {
  fill(3000);
  drain(3000);
  taken = true;
  time = 5000;
  expect(shrinker.step()).toBeGreaterThan(0);
  shrinker.finish();
  expect(steps).toBe(0);
  taken = false;
  shrinker.finish();
  expect(size()).toBeLessThan(megabyte / 4);
});

test("an open queue's file gets small again after it was purged", async () => {
  const open = path.join(directory, "open.db");
  await using queue = await openSqliteQueue({ file: open, queue: "tasks" });
  await queue.send(Array.from({ length: 2000 }, () => ({ body: "x".repeat(8000) })));
  expect(await queue.purge()).toBe(2000);
  await vi.waitFor(() => expect(statSync(open).size).toBeLessThan(megabyte / 4), {
    timeout: 60_000,
    interval: 50,
  });
});
