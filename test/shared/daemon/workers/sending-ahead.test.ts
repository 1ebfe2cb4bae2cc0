import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { AttemptHooks, AttemptOutcome, Runner } from "../../../../shared/daemon/runner.ts";
import { createDurations } from "../../../../shared/daemon/workers/durations.ts";
import { act, failureOf, openPool, recorder, temporaryDirectory } from "../attempts.ts";

/** Attempts so short that the pool sends more of them ahead. */
async function makeShort(pool: Runner): Promise<void> {
  for (let round = 0; round < 40; round++) await act(pool, "nothing");
}

/** Attempts that leave a trace each time they really run, whatever the pool believes. */
async function openTally(): Promise<
  AsyncDisposable & {
    readonly directory: string;
    run(pool: Runner, mark: number, hooks?: AttemptHooks): Promise<AttemptOutcome>;
    /** Which ran, in order of their marks; one that ran twice is there twice. */
    ran(): number[];
  }
> {
  const directory = await temporaryDirectory();
  const file = join(directory.path, "tally");
  writeFileSync(file, "");
  return {
    directory: directory.path,
    run: (pool, mark, hooks) => act(pool, "tally", { file, mark }, hooks),
    ran: () =>
      readFileSync(file, "utf8")
        .split("\n")
        .slice(0, -1)
        .map(Number)
        .toSorted((a, b) => a - b),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const kinds = (outcomes: readonly AttemptOutcome[]): string[] => outcomes.map((outcome) => outcome.kind);

describe("attempts sent ahead to a worker", () => {
  test("go to another one when it dies: none lost, none twice", async () => {
    await using tally = await openTally();
    await using pool = await openPool({ workers: 2 });
    await makeShort(pool);
    const dies = (mark: number): boolean => mark % 20 === 5;
    const outcomes = await Promise.all(
      upTo(60).map((mark) => (dies(mark) ? act(pool, "kill") : tally.run(pool, mark))),
    );
    expect(kinds(outcomes)).toEqual(upTo(60).map((mark) => (dies(mark) ? "failed" : "succeeded")));
    expect(tally.ran()).toEqual(upTo(60).filter((mark) => !dies(mark)));
  });

  test("are not blamed when the one before them throws out of turn", async () => {
    await using pool = await openPool();
    await makeShort(pool);
    const acts = ["nothing", "uncaught", "nothing", "exit", "nothing"];
    const outcomes = await Promise.all(acts.map((what) => act(pool, what)));
    expect(kinds(outcomes)).toEqual(["succeeded", "failed", "succeeded", "failed", "succeeded"]);
  });

  test.each(["waitFor", "blockUntil"])(
    "are given to a free worker when the one before them is long (%s)",
    async (what) => {
      await using tally = await openTally();
      await using pool = await openPool({ workers: 2 });
      await makeShort(pool);
      const [first, second] = ["first", "second"].map((name) => join(tally.directory, name));
      const long = [first, second].map((file) => act(pool, what, file));
      const short = upTo(10).map((mark) => tally.run(pool, mark));
      // One of them ends: its worker is free for what waits behind the other.
      writeFileSync(String(second), "");
      expect(kinds(await Promise.all(short))).toEqual(upTo(10).map(() => "succeeded"));
      writeFileSync(String(first), "");
      expect(kinds(await Promise.all(long))).toEqual(["succeeded", "succeeded"]);
      // Once more through both workers: what they hold would run before it.
      await Promise.all(upTo(10).map(() => act(pool, "nothing")));
      expect(tally.ran()).toEqual(upTo(10));
    },
  );

  test.each(["waitFor", "blockUntil"])(
    "come back unstarted when their signal fires behind a long one (%s)",
    async (what) => {
      await using tally = await openTally();
      await using pool = await openPool();
      await makeShort(pool);
      const go = join(tally.directory, "go");
      const first = recorder();
      const second = recorder();
      const long = act(pool, what, go, first);
      const short = tally.run(pool, 0, second);
      await first.started;
      second.abort();
      expect(await short).toEqual({ kind: "unstarted" });
      writeFileSync(go, "");
      expect((await long).kind).toBe("succeeded");
      expect((await tally.run(pool, 1)).kind).toBe("succeeded");
      expect(tally.ran()).toEqual([1]);
    },
  );

  test("all end, each once, when long and short ones come mixed", async () => {
    await using tally = await openTally();
    await using pool = await openPool({ workers: 2 });
    await makeShort(pool);
    const isLong = (mark: number): boolean => mark % 15 === 0;
    const outcomes = await Promise.all(
      upTo(120).map((mark) => (isLong(mark) ? act(pool, "block", 80) : tally.run(pool, mark))),
    );
    expect(kinds(outcomes)).toEqual(upTo(120).map(() => "succeeded"));
    expect(tally.ran()).toEqual(upTo(120).filter((mark) => !isLong(mark)));
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
