import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createTurns } from "../../../../shared/queue/sqlite/turns.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Turns whose rounds answer these delays, one after the other, then Infinity. */
function turnsOf(...delays: readonly number[]) {
  const rest = [...delays];
  const round = vi.fn(() => rest.shift() ?? Infinity);
  return { round, turns: createTurns(round) };
}

test("what happens together makes one round", () => {
  const { round, turns } = turnsOf();
  turns.soon();
  turns.soon();
  vi.runAllTimers();
  expect(round).toHaveBeenCalledTimes(1);
  turns.soon();
  vi.runAllTimers();
  expect(round).toHaveBeenCalledTimes(2);
});

test("a round says when the next is due", () => {
  const { round, turns } = turnsOf(0, 500.5);
  turns.soon();
  vi.advanceTimersByTime(500);
  expect(round).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(10);
  expect(round).toHaveBeenCalledTimes(3);
  expect(vi.getTimerCount()).toBe(0);
});

test("an event takes the place of a round that is due later", () => {
  const { round, turns } = turnsOf(1000);
  turns.soon();
  vi.advanceTimersByTime(1);
  turns.soon();
  vi.advanceTimersByTime(5000);
  expect(round).toHaveBeenCalledTimes(2);
});

test("a round that is due in a year is looked at on the way, not at once", () => {
  const { round, turns } = turnsOf(366 * 24 * 3600 * 1000);
  turns.soon();
  vi.advanceTimersByTime(2 ** 31 - 2);
  expect(round).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(2);
  expect(round).toHaveBeenCalledTimes(2);
});

test("after its end there is no round and no timer, whatever happens, so that the thread can end at once", () => {
  for (const delay of [0, 1000]) {
    const { round, turns } = turnsOf(delay);
    turns.soon();
    vi.advanceTimersByTime(0);
    turns[Symbol.dispose]();
    turns.soon();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(5000);
    expect(round).toHaveBeenCalledTimes(1);
  }
});

test("an end within a round, which takes in that it is to end, leaves no timer either", () => {
  const turns = createTurns(() => {
    turns[Symbol.dispose]();
    return 1000;
  });
  turns.soon();
  vi.advanceTimersByTime(1);
  expect(vi.getTimerCount()).toBe(0);
});
