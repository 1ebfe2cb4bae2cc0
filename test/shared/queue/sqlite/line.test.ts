import { existsSync, readdirSync, utimesSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { createLine } from "../../../../shared/queue/sqlite/line.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const directory = temporaryDirectory();

function touch(line: string, secondsAgo: number): void {
  for (const name of readdirSync(line)) {
    const time = Date.now() / 1000 - secondsAgo;
    utimesSync(path.join(line, name), time, time);
  }
}

test("the line is a directory that exists while somebody waits, and its first is who came first", () => {
  const line = path.join(directory, "order");
  const [one, other] = [createLine(line), createLine(line)];
  expect(one.someoneWaits()).toBe(false);
  const first = one.join();
  const second = other.join();
  expect([one.someoneWaits(), first.isFirst(), second.isFirst()]).toEqual([true, true, false]);
  first.leave();
  expect([other.someoneWaits(), second.isFirst()]).toEqual([true, true]);
  second.leave();
  expect(existsSync(line)).toBe(false);
});

test("a ticket that nobody touches is passed over, counts again once it is touched, and is removed in the end", () => {
  const line = path.join(directory, "dead");
  const [stopped, alive] = [createLine(line), createLine(line)];
  const ticket = stopped.join();
  touch(line, 2);
  expect(alive.someoneWaits()).toBe(false);
  const behind = alive.join();
  expect(behind.isFirst()).toBe(true);
  ticket.keepAlive();
  expect([behind.isFirst(), ticket.isFirst()]).toEqual([false, true]);

  touch(line, 60);
  expect(behind.isFirst()).toBe(true);
  behind.keepAlive();
  expect(readdirSync(line)).toHaveLength(1);
  // Whoever was stopped so long takes his old place again.
  ticket.keepAlive();
  expect([behind.isFirst(), ticket.isFirst()]).toEqual([false, true]);
  ticket.leave();
  behind.leave();
});
