import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createInProcessRunner } from "../../../../shared/daemon/in-process/runner.ts";
import { defineTask } from "../../../../shared/task/define.ts";
import { noOp } from "../../../../shared/task/no-op.ts";
import { failureOf, orderOf, recorder, temporaryDirectory } from "../attempts.ts";
import { openFakeStaged } from "../fake-staged.ts";

const gates = new Map<string, PromiseWithResolvers<void>>();
const gate = (name: string): PromiseWithResolvers<void> => {
  const made = gates.get(name) ?? Promise.withResolvers<void>();
  gates.set(name, made);
  return made;
};

const types = [
  noOp,
  defineTask({ name: "NOTHING" }),
  defineTask({ name: "WAITS", execute: (task) => gate(String(task.payload)).promise }),
  defineTask({
    name: "FINISHES_WHEN_ABORTED",
    execute: (_task, _datasource, { signal }) => once(signal, "abort").then(() => {}),
  }),
  defineTask({
    name: "TIMED",
    timeout: 0.05,
    execute: (_task, _datasource, { signal }) => once(signal, "abort").then(() => {}),
  }),
  defineTask({
    name: "THROWS",
    execute() {
      throw new RangeError("no such slice");
    },
  }),
  defineTask({
    name: "PRINTS",
    async execute(task, _datasource, { log, progress }) {
      process.stdout.write(`begin ${task.payload}\n`);
      await new Promise(setImmediate);
      log.info("a line");
      progress(2, "beyond");
      process.stderr.write(`end ${task.payload}`);
    },
  }),
];
const runner = createInProcessRunner({ types, slots: 2 });
afterAll(() => runner[Symbol.asyncDispose]());

describe("an attempt inside the daemon", () => {
  test("succeeds, after it has begun", async () => {
    const hooks = recorder();
    expect(await runner.run(orderOf("NOTHING", null), hooks)).toMatchObject({
      kind: "succeeded",
      outputs: [],
    });
    expect(hooks.events).toEqual(["started"]);
  });

  test("of NO_OP stores its inputs unchanged, and is described as reading only", async () => {
    await using directory = await temporaryDirectory();
    await using staged = await openFakeStaged();
    const path = join(directory.path, "4.dat");
    await writeFile(path, "4\n5\n");
    const inputs = [{ name: "0_input/4.dat", key: "base/0_input/4.dat", path, bytes: 4 }];
    const outcome = await runner.run(orderOf("NO_OP", "any", { inputs }), recorder(staged));
    expect(outcome).toMatchObject({ kind: "succeeded", outputs: ["base/0_output/4.dat"] });
    expect(staged.objects.get("base/0_output/4.dat")?.toString()).toBe("4\n5\n");
    expect((await runner.start()).map((type) => [type.name, type.readsOnly]).slice(0, 2)).toEqual([
      ["NO_OP", true],
      ["NOTHING", false],
    ]);
  });

  test("that throws fails with phase and stack", async () => {
    const { phase, error } = failureOf(await runner.run(orderOf("THROWS", null), recorder()));
    expect([phase, error.code, error.name, error.message]).toEqual([
      "execute",
      "task_failed",
      "RangeError",
      "no such slice",
    ]);
  });

  test("keeps its lines apart from those of others that run at the same time", async () => {
    const recorders = [recorder(), recorder()];
    await Promise.all(recorders.map((hooks, index) => runner.run(orderOf("PRINTS", `${index}`), hooks)));
    expect(recorders.map((hooks) => hooks.lines.map((line) => [line.stream, line.text]))).toEqual(
      ["0", "1"].map((who) => [
        ["stdout", `begin ${who}`],
        ["log", "a line"],
        ["stderr", `end ${who}`],
      ]),
    );
    expect(recorders.map((hooks) => hooks.progress)).toEqual([[[1, "beyond"]], [[1, "beyond"]]]);
  });

  test("is told at its timeout, and has failed then even if it ends well", async () => {
    const { error } = failureOf(await runner.run(orderOf("TIMED", null), recorder()));
    expect(error.code).toBe("task_timeout");
  });

  test("is told when it is given up", async () => {
    const hooks = recorder();
    const outcome = runner.run(orderOf("FINISHES_WHEN_ABORTED", null), hooks);
    hooks.abort();
    expect((await outcome).kind).toBe("succeeded");
  });

  test("waits for a slot, and comes back unstarted when it is given up meanwhile", async () => {
    const running = ["a", "b"].map((name) => runner.run(orderOf("WAITS", name), recorder()));
    const hooks = recorder();
    const waiting = runner.run(orderOf("NOTHING", null), hooks);
    const patient = runner.run(orderOf("NOTHING", null), recorder());
    hooks.abort();
    expect(await waiting).toEqual({ kind: "unstarted" });
    expect(hooks.events).toEqual([]);
    gate("a").resolve();
    expect((await patient).kind).toBe("succeeded");
    gate("b").resolve();
    expect((await Promise.all(running)).map((outcome) => outcome.kind)).toEqual(["succeeded", "succeeded"]);
  });

  test("of an unknown type fails for good", async () => {
    const { error, retryable } = failureOf(await runner.run(orderOf("NOBODY", null), recorder()));
    expect([error.code, retryable]).toEqual(["task_type_unknown", false]);
  });
});

test("ending the runner tells what runs, returns what waits, and gives the streams back", async () => {
  const write = process.stdout.write;
  const other = createInProcessRunner({ types, slots: 1 });
  const running = other.run(orderOf("FINISHES_WHEN_ABORTED", null), recorder());
  const waiting = other.run(orderOf("NOTHING", null), recorder());
  await other[Symbol.asyncDispose]();
  expect((await running).kind).toBe("succeeded");
  expect(await waiting).toEqual({ kind: "unstarted" });
  expect(await other.run(orderOf("NOTHING", null), recorder())).toEqual({ kind: "unstarted" });
  expect(process.stdout.write).toBe(write);
});

test("other work of the daemon gets its turn while attempts follow one another", async () => {
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 0);
  for (let count = 0; count < 20_000; count++) await runner.run(orderOf("NOTHING", null), recorder());
  clearInterval(timer);
  expect(turns).toBeGreaterThan(0);
});
