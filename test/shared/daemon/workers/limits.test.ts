import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { act, failureOf, openPool, processGone, recorder, temporaryDirectory, told } from "../attempts.ts";

describe("timeout", () => {
  test("an attempt that heeds its signal ends by itself, in the same worker", async () => {
    await using pool = await openPool({ graceSeconds: 60 });
    const pid = await told(act(pool, "pid"));
    const { error, phase, retryable } = failureOf(
      await act(pool, "aborts", undefined, recorder(), "LIMITED"),
    );
    expect([error.code, phase, retryable]).toEqual(["task_timeout", "execute", true]);
    expect(error.message).toBe("LIMITED took longer than its timeout of 0.3 s");
    expect(await told(act(pool, "pid"))).toBe(pid);
  });

  test("one that ends well, but too late, has failed", async () => {
    await using pool = await openPool({ graceSeconds: 60 });
    const { error } = failureOf(await act(pool, "finishesWhenAborted", undefined, recorder(), "LIMITED"));
    expect(error.code).toBe("task_timeout");
  });

  test("one that blocks its event loop is killed after the grace, and its worker replaced", async () => {
    await using pool = await openPool();
    const pid = await told(act(pool, "pid"));
    const { error } = failureOf(await act(pool, "block", 600_000, recorder(), "LIMITED"));
    expect(error.code).toBe("task_timeout");
    expect(await told(act(pool, "pid"))).not.toBe(pid);
  });
});

describe("giving up", () => {
  test("an attempt that ends well in its grace has succeeded", async () => {
    await using pool = await openPool({ graceSeconds: 60 });
    const hooks = recorder();
    const outcome = act(pool, "finishesWhenAborted", undefined, hooks);
    await hooks.started;
    hooks.abort();
    expect((await outcome).kind).toBe("succeeded");
  });

  test.each(["aborts", "ignoresAbort", "block"])("an attempt that %s fails as aborted", async (what) => {
    await using pool = await openPool();
    const hooks = recorder();
    const outcome = act(pool, what, 600_000, hooks);
    await hooks.started;
    hooks.abort();
    expect(failureOf(await outcome).error.code).toBe("attempt_aborted");
  });

  test("an attempt that waits for a worker comes back unstarted", async () => {
    await using pool = await openPool();
    await using directory = await temporaryDirectory();
    const first = recorder();
    const second = recorder();
    const running = act(pool, "waitFor", join(directory.path, "go"), first);
    const waiting = act(pool, "nothing", undefined, second);
    await first.started;
    second.abort();
    expect(await waiting).toEqual({ kind: "unstarted" });
    expect(second.events).toEqual([]);
    await writeFile(join(directory.path, "go"), "");
    expect((await running).kind).toBe("succeeded");
  });

  test("one whose signal has fired before never begins", async () => {
    await using pool = await openPool();
    const hooks = recorder();
    hooks.abort();
    expect(await act(pool, "nothing", undefined, hooks)).toEqual({ kind: "unstarted" });
  });
});

test.skipIf(process.platform === "win32")(
  "memory over the limit ends the attempt and its worker",
  async () => {
    await using pool = await openPool();
    const { error, retryable } = failureOf(await act(pool, "eats", undefined, recorder(), "LEAN"));
    expect([error.code, retryable]).toEqual(["task_memory", true]);
    expect((await act(pool, "nothing")).kind).toBe("succeeded");
  },
);

describe("recycling", () => {
  test("a worker is replaced after so many attempts, and none of them is lost", async () => {
    await using pool = await openPool({ attemptsPerWorker: 10 });
    const pids = await Promise.all(Array.from({ length: 35 }, () => told(act(pool, "pid"))));
    expect(pids.length).toBe(35);
    // How many of the 35 the first worker had depends on how many were sent ahead to it; after those it is gone.
    expect(await told(act(pool, "pid"))).not.toBe(pids[0]);
  });

  test("a worker that has grown is replaced between attempts", async () => {
    await using pool = await openPool({ bytesPerWorker: 1 });
    const first = await told(act(pool, "pid"));
    expect(await told(act(pool, "pid"))).not.toBe(first);
    await processGone(Number(first));
  });
});

describe("ending a pool", () => {
  test("kills what does not heed it, returns what has not begun, and leaves no process", async () => {
    const pool = await openPool();
    const pid = Number(await told(act(pool, "pid")));
    const hooks = recorder();
    const running = act(pool, "ignoresAbort", undefined, hooks);
    const waiting = act(pool, "nothing");
    await hooks.started;
    await pool[Symbol.asyncDispose]();
    expect(failureOf(await running).error.code).toBe("attempt_aborted");
    expect(await waiting).toEqual({ kind: "unstarted" });
    expect(await act(pool, "nothing")).toEqual({ kind: "unstarted" });
    await processGone(pid);
  });

  test.skipIf(process.platform === "win32")("ends the programs that tasks have left behind", async () => {
    await using directory = await temporaryDirectory();
    const file = join(directory.path, "pid");
    const pool = await openPool();
    await act(pool, "leavesAProgram", file);
    await pool[Symbol.asyncDispose]();
    await processGone(Number(readFileSync(file, "utf8")));
  });
});
