import { describe, expect, test } from "vitest";
import { Attempt } from "../../../shared/daemon/attempt.ts";
import type { Runner } from "../../../shared/daemon/runner.ts";
import type { RegisteredType } from "../../../shared/daemon/task-types.ts";
import { createWaitingLine } from "../../../shared/daemon/waiting-line.ts";
import type { OpenDatasource } from "../../../shared/datasource/open.ts";
import { silentLogger } from "../../../shared/logger.ts";
import { parseTask, taskText } from "../../../shared/task/document.ts";

const runner = (slots: number, ahead = 0): Runner => ({
  slots,
  ahead,
  start: async () => [],
  run: async () => ({ kind: "unstarted" }),
  [Symbol.asyncDispose]: async () => {},
});

const type = (name: string, runner: Runner, concurrency?: number): RegisteredType => ({
  name,
  runner,
  fetch: true,
  readsOnly: false,
  checksPayload: false,
  environment: [],
  ...(concurrency !== undefined && { concurrency }),
});

let receipts = 0;
function attempt(of: RegisteredType): Attempt {
  receipts += 1;
  const body = taskText({ name: of.name, baseDirectory: "d", inputs: [], payload: null });
  return new Attempt({
    message: { id: "1", body, receipt: `r${receipts}`, deliveries: 1, leaseEnd: 0 },
    document: parseTask(body),
    type: of,
    datasource: {} as OpenDatasource,
    log: silentLogger,
    onStart() {},
  });
}

describe("the line of attempts that wait for their turn", () => {
  test("first come, first served, across task types, as far as the runner takes them", () => {
    const one = runner(3);
    const [a, b] = [type("A", one), type("B", one)];
    const line = createWaitingLine();
    const all = [attempt(a), attempt(b), attempt(a), attempt(b)];
    for (const each of all) line.add(each);
    expect([line.take(), line.take(), line.take(), line.take()]).toEqual([all[0], all[1], all[2], undefined]);
    expect([line.size, line.running]).toEqual([1, 3]);
    line.left(all[1] as Attempt);
    expect(line.take()).toBe(all[3]);
  });

  test("only what is short goes to the runner ahead of its start: an idle daemon can have the rest", () => {
    const only = type("A", runner(1, 2));
    const line = createWaitingLine();
    const all = Array.from({ length: 8 }, () => attempt(only));
    for (const each of all) line.add(each);
    expect([line.take(), line.take()]).toEqual([all[0], undefined]);
    const [first, second] = all as [Attempt, Attempt];
    first.startedAt = Date.now();
    line.left(first);
    expect([line.take(), line.take(), line.take(), line.take()]).toEqual([all[1], all[2], all[3], undefined]);
    second.startedAt = Date.now() - 60_000;
    for (const each of all.slice(1, 4)) line.left(each);
    expect([line.take(), line.take()]).toEqual([all[4], undefined]);
  });

  test("what waits for its type's concurrency alone does not count as work at hand", () => {
    const line = createWaitingLine();
    const narrow = type("N", runner(4), 1);
    for (let count = 0; count < 10; count += 1) line.add(attempt(narrow));
    expect(line.held).toBe(8);
    line.take();
    expect([line.size, line.held]).toEqual([9, 8]);
  });

  test("a type at its concurrency lets others pass", () => {
    const one = runner(4);
    const [narrow, wide] = [type("N", one, 1), type("W", one)];
    const line = createWaitingLine();
    const all = [attempt(narrow), attempt(narrow), attempt(wide)];
    for (const each of all) line.add(each);
    expect([line.take(), line.take(), line.take()]).toEqual([all[0], all[2], undefined]);
    line.left(all[0] as Attempt);
    expect(line.take()).toBe(all[1]);
  });

  test("a full runner does not hold up another one's types", () => {
    const [busy, free] = [type("BUSY", runner(1)), type("FREE", runner(1))];
    const line = createWaitingLine();
    const all = [attempt(busy), attempt(busy), attempt(free)];
    for (const each of all) line.add(each);
    expect([line.take(), line.take()]).toEqual([all[0], all[2]]);
  });

  test("what came back unstarted goes before the others of its type", () => {
    const only = type("A", runner(1));
    const line = createWaitingLine();
    const [first, second] = [attempt(only), attempt(only)];
    line.add(first);
    line.add(second);
    line.take();
    line.left(first);
    line.add(first, true);
    expect(line.take()).toBe(first);
  });

  test("thousands pass through without being lost, and clear gives the rest", () => {
    const only = type("A", runner(1));
    const line = createWaitingLine();
    const all = Array.from({ length: 1000 }, () => attempt(only));
    for (const each of all) line.add(each);
    for (const each of all.slice(0, 600)) {
      expect(line.take()).toBe(each);
      line.left(each);
    }
    expect(line.clear()).toEqual(all.slice(600));
    expect([line.size, line.take()]).toEqual([0, undefined]);
  });
});
