import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Runner } from "../../../../shared/daemon/runner.ts";
import { LONGEST_LINE } from "../../../../shared/daemon/phases/lines.ts";
import { act, openPool, recorder } from "../attempts.ts";

let pool: Runner;
beforeAll(async () => {
  pool = await openPool();
});
afterAll(() => pool[Symbol.asyncDispose]());

describe("what a task prints", () => {
  test("comes as lines, in the order of console and log, before the outcome", async () => {
    const hooks = recorder();
    await act(pool, "prints", undefined, hooks);
    expect(hooks.lines.map(({ stream, level, text }) => [stream, level, text])).toEqual([
      ["stdout", "info", "one"],
      ["stderr", "warn", "two"],
      ["log", "info", "three"],
      ["stdout", "info", "four"],
      ["log", "warn", "six"],
      ["stdout", "info", "five without an end"],
    ]);
  });

  test("includes what child programs and native code write to the streams themselves", async () => {
    const hooks = recorder();
    await act(pool, "printsAfar", undefined, hooks);
    const texts = (stream: string): string[] =>
      hooks.lines.filter((line) => line.stream === stream).map((line) => line.text);
    expect(texts("stdout")).toEqual(["before", "from a shell", "straight to 1", "after"]);
    expect(texts("stderr")).toEqual(["from its errors", "straight to 2"]);
  });

  test("belongs to its own attempt, also when attempts follow each other at once", async () => {
    const recorders = Array.from({ length: 40 }, () => recorder());
    for (let round = 0; round < 3; round++) await act(pool, "nothing");
    await Promise.all(
      recorders.map((hooks, index) => act(pool, index % 4 === 0 ? "printsAfar" : "prints", undefined, hooks)),
    );
    const counts = recorders.map(
      (hooks, index) =>
        hooks.lines.length === 6 &&
        hooks.lines.some((line) => line.text === (index % 4 === 0 ? "before" : "one")),
    );
    expect(counts).toEqual(recorders.map(() => true));
  });

  test("is there to its last line when the worker is killed", async () => {
    const hooks = recorder();
    await act(pool, "printsThenDies", undefined, hooks);
    expect(hooks.lines.map((line) => [line.stream, line.text]).toSorted()).toEqual([
      ["stderr", "last words of native code"],
      ["stdout", "last words"],
    ]);
  });

  test("is cut where a line is too long, and the line says so", async () => {
    const hooks = recorder();
    await act(pool, "longLine", undefined, hooks);
    expect(hooks.lines.map((line) => line.text)).toEqual([
      `${"z".repeat(LONGEST_LINE)} … (${100_000 - LONGEST_LINE} more characters left out)`,
    ]);
  });

  test("may be a flood: every line comes, and the daemon holds few of them at a time", async () => {
    let lines = 0;
    let turns = 0;
    let most = 0;
    let inTurn = 0;
    const hooks = recorder(undefined, () => {
      lines += 1;
      inTurn += 1;
      most = Math.max(most, inTurn);
    });
    hooks.lines.push = () => 0;
    const timer = setInterval(() => {
      turns += 1;
      inTurn = 0;
    }, 0);
    await act(pool, "floods", 200_000, hooks);
    clearInterval(timer);
    expect(lines).toBe(200_000);
    // The daemon's other work went on meanwhile.
    expect(turns).toBeGreaterThan(3);
    expect(most).toBeLessThan(200_000);
  });
});

describe("progress", () => {
  test("comes thinned out, the last report always", async () => {
    const hooks = recorder();
    await act(pool, "progress", undefined, hooks);
    expect(hooks.progress[0]).toEqual([0, "step 0"]);
    expect(hooks.progress.at(-1)).toEqual([1, "step 1000"]);
    expect(hooks.progress.length).toBeLessThan(1001);
  });
});
