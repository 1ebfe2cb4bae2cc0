import { readFile, rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Runner } from "../../../../shared/daemon/runner.ts";
import { createWorkerPool } from "../../../../shared/daemon/workers/pool.ts";
import { act, actFile, failureOf, openPool, orderOf, recorder, told } from "../attempts.ts";
import { openFakeStaged } from "../fake-staged.ts";

let pool: Runner;
beforeAll(async () => {
  pool = await openPool();
});
afterAll(() => pool[Symbol.asyncDispose]());

describe("an attempt in a worker process", () => {
  test("succeeds, after it has begun", async () => {
    const hooks = recorder();
    expect(await act(pool, "nothing", undefined, hooks)).toMatchObject({ kind: "succeeded", outputs: [] });
    expect(hooks.events).toEqual(["started"]);
  });

  test("sees its task, its inputs and no channel to the daemon", async () => {
    const inputs = [{ name: "0_input/4.dat", key: "base/0_input/4.dat", path: "/cache/4", bytes: 10 }];
    const order = orderOf("ACT", { act: "context" }, { inputs, attempt: 2 });
    expect(JSON.parse(await told(pool.run(order, recorder())))).toEqual({
      task: {
        id: order.attemptId,
        name: "ACT",
        baseDirectory: "base",
        inputs: [],
        payload: { act: "context" },
        attempt: 2,
      },
      inputs,
      send: "undefined",
    });
  });

  test("stages outputs under the base directory and lists their keys in order", async () => {
    await using staged = await openFakeStaged();
    const outcome = await act(pool, "outputs", undefined, recorder(staged));
    expect(outcome).toMatchObject({
      kind: "succeeded",
      outputs: ["base/out/a.txt", "base/out/b.bin", "elsewhere/c"],
    });
    expect(staged.objects.get("base/out/a.txt")?.toString()).toBe("A");
    expect([...(staged.objects.get("base/out/b.bin") ?? [])]).toEqual([1, 2]);
    expect(staged.stagedKeys).toEqual(["base/out/a.txt", "base/out/b.bin"]);
  });

  test("hands large outputs over as files of the daemon's choosing", async () => {
    await using staged = await openFakeStaged();
    expect((await act(pool, "largeOutput", undefined, recorder(staged))).kind).toBe("succeeded");
    expect(staged.calls).toEqual(["stage base/out/large"]);
  });

  test("has a scratch directory whose files may be outputs", async () => {
    await using staged = await openFakeStaged();
    const order = orderOf("ACT", { act: "fileOutput" });
    expect(await pool.run(order, recorder(staged))).toMatchObject({
      kind: "succeeded",
      outputs: ["base/out/f"],
    });
    expect(staged.objects.get("base/out/f")?.toString()).toBe("from a file");
    await rm(order.scratch, { recursive: true });
  });

  test("runs finalize with a false result, then fails in execute", async () => {
    await using staged = await openFakeStaged();
    const { phase, error, retryable } = failureOf(await pool.run(orderOf("PHASES", null), recorder(staged)));
    expect([phase, error.code, error.message, retryable]).toEqual([
      "execute",
      "task_failed",
      "prepared",
      true,
    ]);
    expect(staged.objects.get("finalized")?.toString()).toBe("false");
  });

  test.each([
    ["IN_PREPARE", "prepare", "not ready"],
    ["IN_FINALIZE", "finalize", "not final"],
  ])("%s: a throw names its phase", async (name, phase, message) => {
    await using staged = await openFakeStaged();
    const failure = failureOf(await pool.run(orderOf(name, null), recorder(staged)));
    expect([failure.phase, failure.error.message, failure.retryable]).toEqual([phase, message, true]);
  });

  test("a throw brings its name, message, causes and the author's stack frames alone", async () => {
    const { phase, error } = failureOf(await act(pool, "throw"));
    expect([phase, error.code, error.name, error.message]).toEqual([
      "execute",
      "task_failed",
      "RangeError",
      "no such slice",
    ]);
    expect(error.stack).toMatch(/^RangeError: no such slice\n +at .*act\.task\.ts:\d+/);
    expect(error.stack).toMatch(/\nCaused by: Error: the volume is too small\n/);
    expect(error.stack).not.toContain("run-phases.ts");
  });

  test("what is thrown need not be an error", async () => {
    const { error } = failureOf(await act(pool, "throwText"));
    expect([error.name, error.message]).toEqual(["string", "just words"]);
  });

  test("a payload that fails its schema is not worth another attempt", async () => {
    const { phase, error, retryable } = failureOf(await pool.run(orderOf("ACT", { act: 7 }), recorder()));
    expect([phase, error.code, retryable]).toEqual(["validate", "payload_invalid", false]);
    expect(error.message).toContain("payload_info.act");
  });

  test.each([
    [7, "execute returned a number"],
    [[], "execute returned a list"],
    [{}, "has no success"],
    [{ success: "yes" }, "a string as success"],
    [{ success: true, outputs: ["a"] }, "outputs are a list"],
    [{ success: true, outputs: { a: 7 } }, 'output "a" is a number'],
    [{ success: true, outputs: { a: { path: "x" } } }, 'output "a" is an object with path'],
    [{ success: true, outputs: { "": "x" } }, "no name"],
    [{ success: true, outputs: { "../a": "x" } }, '".."'],
    [{ success: true, outputs: { a: { key: "../../x" } } }, 'output "a" has a key that cannot be'],
    [{ success: true, outputs: { a: { key: "_simpletasks/x" } } }, "belongs to SimpleTasks itself"],
  ])("a result of %j is refused", async (value, message) => {
    const { error, retryable } = failureOf(await act(pool, "result", value));
    expect(error.message).toContain(message);
    expect(retryable).toBe(true);
  });

  test.each([
    ["exit", "worker_died", "The task called process.exit(3)"],
    ["uncaught", "task_failed", "thrown from a timer"],
    ["reject", "task_failed", "nobody waits for me"],
  ])("%s fails the attempt in its phase and shows the author's line", async (what, code, message) => {
    const { phase, error } = failureOf(await act(pool, what));
    expect([phase, error.code, error.message]).toEqual(["execute", code, message]);
    expect(error.stack).toContain("act.task.ts");
  });

  test("a worker that is killed fails its attempt with signal and phase", async () => {
    const { phase, error, retryable } = failureOf(await act(pool, "kill"));
    expect([phase, error.code, retryable]).toEqual(["execute", "worker_died", true]);
    expect(error.message).toBe("The worker process was ended by SIGKILL during execute");
  });

  test("a worker whose output is garbled is ended: its attempt fails, what was sent behind it runs in another one", async () => {
    await act(pool, "nothing");
    const outcomes = [act(pool, "garbles"), act(pool, "nothing"), act(pool, "nothing")];
    const { error, retryable } = failureOf((await Promise.all(outcomes))[0] ?? { kind: "unstarted" });
    expect([error.code, retryable]).toEqual(["worker_died", true]);
    expect(error.message).toContain("its output was garbled");
    expect((await Promise.all(outcomes)).map((outcome) => outcome.kind)).toEqual([
      "failed",
      "succeeded",
      "succeeded",
    ]);
  });

  test("what user code writes to the worker's other descriptors does not reach the daemon", async () => {
    const other = await openPool();
    await act(other, "writesAstray");
    expect((await act(other, "nothing")).kind).toBe("succeeded");
    await other[Symbol.asyncDispose]();
  });

  test("what a program prints without a pause does not garble a long failure", async () => {
    const other = await openPool();
    const { error } = failureOf(await act(other, "failsAmidOutput"));
    expect([error.code, error.message.slice(0, 10)]).toEqual(["task_failed", "long long "]);
    await other[Symbol.asyncDispose]();
  });

  test("an attempt after all of these runs in a new worker", async () => {
    expect((await act(pool, "nothing")).kind).toBe("succeeded");
  });
});

describe("the datasource in a worker process", () => {
  test("gets, puts and deletes through the daemon", async () => {
    await using staged = await openFakeStaged({ "in/a": "A", "in/b": "B" });
    expect((await act(pool, "getAndPut", undefined, recorder(staged))).kind).toBe("succeeded");
    expect(await readFile(String(staged.objects.get("put/a")), "utf8")).toBe("A");
    expect(staged.objects.get("put/n")?.toString()).toBe("2");
    expect(staged.calls.at(-1)).toBe("delete in/b");
  });

  test("an error keeps its code", async () => {
    await using staged = await openFakeStaged();
    expect(await told(act(pool, "missingCode", undefined, recorder(staged)))).toBe(
      '["SimpleTasksError","object_missing"]',
    );
    const { error } = failureOf(await act(pool, "getMissing", undefined, recorder(staged)));
    expect([error.code, error.message]).toEqual(["object_missing", "There is no in/none"]);
    expect(error.stack).toContain("Put it first.");
  });

  test("a call that is not waited for is part of the attempt all the same", async () => {
    await using staged = await openFakeStaged();
    expect((await act(pool, "putWithoutWaiting", undefined, recorder(staged))).kind).toBe("succeeded");
    expect(staged.objects.get("put/late")?.toString()).toBe("late");
  });
});

describe("what task types say of themselves", () => {
  test("comes with file, limits and payload schema", async () => {
    await using other = createWorkerPool({ taskFiles: [actFile], workers: 0, builtIn: true });
    const types = await other.start();
    expect(types.find((type) => type.name === "LIMITED")).toMatchObject({
      file: actFile,
      timeout: 0.3,
      fetch: true,
      readsOnly: false,
      checksPayload: true,
      payloadSchema: { type: "object" },
    });
    expect(types.find((type) => type.name === "NO_OP")).toMatchObject({
      readsOnly: true,
      checksPayload: false,
    });
  });
});
