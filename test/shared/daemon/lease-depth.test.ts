import { describe, expect, test } from "vitest";
import { createLeaseDepth } from "../../../shared/daemon/lease-depth.ts";

describe("how many messages to have in hand", () => {
  test("slow tasks: no more than runners and prefetch take", () => {
    let now = 0;
    const depth = createLeaseDepth(6, () => now);
    for (let second = 1; second <= 10; second += 1) {
      now = second * 1000;
      depth.finished(2);
      expect(depth.target()).toBe(6);
    }
  });

  test("short tasks: a quarter of a second's worth, and a bound", () => {
    let now = 0;
    const depth = createLeaseDepth(6, () => now);
    now = 100;
    depth.finished(2000);
    expect(depth.target()).toBe(5000);
    now = 200;
    depth.finished(100_000);
    expect(depth.target()).toBe(8192);
  });

  test("the depth shrinks when tasks become slow", () => {
    let now = 0;
    const depth = createLeaseDepth(6, () => now);
    now = 100;
    depth.finished(2000);
    depth.target();
    const targets: number[] = [];
    for (let sample = 0; sample < 15; sample += 1) {
      now += 100;
      targets.push(depth.target());
    }
    expect(targets.toSorted((a, b) => b - a)).toEqual(targets);
    expect(targets.at(-1)).toBe(6);
  });
});
