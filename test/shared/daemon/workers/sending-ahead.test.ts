import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { AttemptOutcome, Runner } from "../../../../shared/daemon/runner.ts";
import { createDurations } from "../../../../shared/daemon/workers/durations.ts";
import { act, failureOf, openPool, recorder, temporaryDirectory } from "../attempts.ts";

/** Attempts so short that the pool sends more of them ahead. */
async function makeShort(pool: Runner): Promise<void> {
  for (let round = 0; round < 40; round++) await act(pool, "nothing");
}

describe("attempts sent ahead to a worker", () => {
  test("go to another one when it dies: none lost, none twice", async () => {
    await using pool = await openPool({ workers: 2 });
    await makeShort(pool);
    const recorders = Array.from({ length: 60 }, () => recorder());
    const outcomes = await Promise.all(
      recorders.map((hooks, index) => act(pool, index % 20 === 5 ? "kill" : "nothing", undefined, hooks)),
    );
    expect(recorders.map((hooks) => hooks.events)).toEqual(recorders.map(() => ["started"]));
    const died = outcomes
      .map((outcome, index) => (outcome.kind === "failed" ? index : undefined))
      .filter((index) => index !== undefined);
    expect(died).toEqual([5, 25, 45]);
  });

  test("are not blamed when the one before them throws out of turn", async () => {
    await using pool = await openPool();
    await makeShort(pool);
    const outcomes = await Promise.all(
      ["nothing", "uncaught", "nothing", "exit", "nothing"].map((what) => act(pool, what)),
    );
    expect(outcomes.map((outcome) => outcome.kind)).toEqual([
      "succeeded",
      "failed",
      "succeeded",
      "failed",
      "succeeded",
    ]);
  });

  test.each(["waitFor", "blockUntil"])(
    "are given to a free worker when the one before them is long (%s)",
    async (what) => {
      await using directory = await temporaryDirectory();
      await using pool = await openPool({ workers: 2 });
      await makeShort(pool);
      const go = join(directory.path, "go");
      const long = [go, `${go}2`].map((file) => act(pool, what, file));
      // One of them ends: its worker is free for what waits behind the other.
      const short = Array.from({ length: 10 }, () => recorder());
      const outcomes = short.map((hooks) => act(pool, "nothing", undefined, hooks));
      await writeFile(`${go}2`, "");
      // All of them end although the first long one goes on.
      expect((await Promise.all(outcomes)).map((outcome) => outcome.kind)).toEqual(
        short.map(() => "succeeded"),
      );
      await writeFile(go, "");
      expect((await Promise.all(long)).map((outcome) => outcome.kind)).toEqual(["succeeded", "succeeded"]);
      expect(short.map((hooks) => hooks.events)).toEqual(short.map(() => ["started"]));
    },
  );

  test.each(["waitFor", "blockUntil"])(
    "come back unstarted when their signal fires behind a long one (%s)",
    async (what) => {
      await using directory = await temporaryDirectory();
      await using pool = await openPool();
      await makeShort(pool);
      const go = join(directory.path, "go");
      const first = recorder();
      const second = recorder();
      const long = act(pool, what, go, first);
      const short = act(pool, "nothing", undefined, second);
      await first.started;
      second.abort();
      expect(await short).toEqual({ kind: "unstarted" });
      await writeFile(go, "");
      expect((await long).kind).toBe("succeeded");
      // The worker did not run it either.
      expect(second.events).toEqual([]);
      expect((await act(pool, "nothing")).kind).toBe("succeeded");
    },
  );

  test("all end, each once, when long and short ones come mixed", async () => {
    await using pool = await openPool({ workers: 2 });
    await makeShort(pool);
    const recorders = Array.from({ length: 120 }, () => recorder());
    const outcomes: AttemptOutcome[] = await Promise.all(
      recorders.map((hooks, index) =>
        index % 15 === 0 ? act(pool, "block", 80, hooks) : act(pool, "nothing", undefined, hooks),
      ),
    );
    expect(outcomes.every((outcome) => outcome.kind === "succeeded")).toBe(true);
    expect(recorders.map((hooks) => hooks.events)).toEqual(recorders.map(() => ["started"]));
  });
});

test("a worker that dies while the pool ends leaves what had not begun unstarted", async () => {
  const pool = await openPool();
  await makeShort(pool);
  const first = recorder();
  const long = act(pool, "block", 600_000, first);
  const behind = [act(pool, "nothing"), act(pool, "nothing")];
  await first.started;
  await pool[Symbol.asyncDispose]();
  expect(failureOf(await long).error.code).toBe("attempt_aborted");
  expect(await Promise.all(behind)).toEqual([{ kind: "unstarted" }, { kind: "unstarted" }]);
});

describe("how many are sent ahead", () => {
  test("one at a time of a type that is unknown or long", () => {
    const durations = createDurations(32);
    expect(durations.depth("A")).toBe(1);
    durations.took("A", 5000);
    expect(durations.depth("A")).toBe(1);
  });

  test("as many as fill a moment of a type that is short, up to the most", () => {
    const durations = createDurations(32);
    durations.took("A", 5);
    expect(durations.depth("A")).toBe(5);
    durations.took("B", 0.01);
    expect(durations.depth("B")).toBe(33);
  });

  test("one long attempt is remembered for many short ones", () => {
    const durations = createDurations(32);
    durations.took("A", 1);
    durations.took("A", 1000);
    for (let count = 0; count < 10; count++) durations.took("A", 1);
    expect(durations.depth("A")).toBe(1);
    for (let count = 0; count < 30; count++) durations.took("A", 1);
    expect(durations.depth("A")).toBeGreaterThan(1);
  });
});
