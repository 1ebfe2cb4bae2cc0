import { describe, expect, test } from "vitest";
import { createMemoryBucket } from "../../../shared/bucket/memory.ts";
import { type ErrorCode, SimpleTasksError } from "../../../shared/errors.ts";
import { createMemoryQueue } from "../../../shared/queue/memory.ts";
import { defineTask } from "../../../shared/task/define.ts";
import { taskText, withBatch } from "../../../shared/task/document.ts";
import { readReport } from "../../../shared/task/read-report.ts";
import type { Queue } from "../../../shared/queue/queue.ts";
import { ground, type Ground } from "./daemon-under-test.ts";

const small = (messageBytes: number): Queue => createMemoryQueue({ limits: { messageBytes } });

async function onlyBody(queue: Queue): Promise<string> {
  const messages = (await queue.peek?.({ max: 10 })) ?? [];
  expect(messages).toHaveLength(1);
  return messages[0]?.body ?? "";
}

/** Runs a task that always fails, or does what `execute` says, until nothing is left; resolves to how often it ran. */
async function drain(
  given: Ground,
  queues: { taskQueue?: Queue; errorQueue?: Queue; doneQueue?: Queue },
  execute: () => Promise<{ success: boolean }>,
): Promise<number> {
  let runs = 0;
  const daemon = given.daemon({ ...queues, isolation: "none", attempts: 3 });
  daemon.register(
    defineTask({
      name: "TEST",
      async execute() {
        runs += 1;
        const { success } = await execute();
        if (!success) throw new Error("the reason");
        return { success };
      },
    }),
  );
  await daemon.run();
  return runs;
}

const fail = async () => ({ success: false });

describe("what does not fit a queue", () => {
  test("a task that cannot be sent for another attempt is an error report that says both reasons", async () => {
    await using given = await ground();
    await given.send({ payload: "x".repeat(1880) });
    const task = await onlyBody(given.tasks);
    const taskQueue = small(Buffer.byteLength(task) + 5);
    await taskQueue.send([{ body: task }]);
    expect(await drain(given, { taskQueue }, fail)).toBe(1);
    const [report] = await given.errorReports();
    expect(report).toMatchObject({
      phase: "report",
      attempt: 1,
      error: { code: "message_too_large" },
      taskText: task,
    });
    expect(report?.exception).toContain("the reason");
  });

  test("an error report whose task is too large shows the task's beginning", async () => {
    await using given = await ground();
    const errorQueue = small(2000);
    const task = taskText({
      id: 1,
      name: "TEST",
      baseDirectory: "set",
      inputs: [],
      payload: "x".repeat(3000),
    });
    await given.send(withBatch(task, { batch: "b1", position: 0 }));
    expect(await drain(given, { errorQueue }, fail)).toBe(3);
    const report = JSON.parse(await onlyBody(errorQueue));
    expect(report.task).toMatch(/^\{"basic_info".*… \(cut\)$/s);
    expect(report.simpletasks).toMatchObject({
      phase: "execute",
      task_cut: { bytes: expect.any(Number) },
      batch: "b1",
    });
    expect(given.logged).toContain("warn a queue cannot carry what was to be sent; it is shortened");
  });

  test("a message that was refused as no task too", async () => {
    await using given = await ground();
    const errorQueue = small(2000);
    await given.send("é".repeat(3000));
    expect(await drain(given, { errorQueue }, fail)).toBe(0);
    expect(readReport(await onlyBody(errorQueue))).toMatchObject({ phase: "validate", taskText: undefined });
  });

  test("a done report is sent with its task cut; the task runs once", async () => {
    await using given = await ground();
    const doneQueue = small(2000);
    await given.send({ payload: "x".repeat(3000) });
    expect(await drain(given, { doneQueue }, async () => ({ success: true }))).toBe(1);
    expect(readReport(await onlyBody(doneQueue))).toMatchObject({ kind: "done", success: true });
  });

  test.each([
    { what: "a task", message: {} },
    { what: "a message that is no task", message: "no task" },
  ])(
    "where not even a short report fits, $what goes back with a delay and is logged",
    async ({ message }) => {
      await using given = await ground();
      await given.send(message);
      const released = Promise.withResolvers<number | undefined>();
      const daemon = given.daemon({
        isolation: "none",
        attempts: 1,
        untilDrained: false,
        errorQueue: small(10),
        taskQueue: {
          ...given.tasks,
          async release(releases, options) {
            const outcomes = await given.tasks.release(releases, options);
            released.resolve(releases[0]?.delaySeconds);
            return outcomes;
          },
        },
      });
      daemon.register(
        defineTask({
          name: "TEST",
          async execute() {
            throw new Error("no");
          },
        }),
      );
      const run = daemon.run();
      expect(await released.promise).toBe(60);
      daemon.stop();
      await run;
      expect(given.logged).toContain(
        "error the end of a message could not be reported; it will be delivered again",
      );
      expect(await given.tasks.stats()).toMatchObject({ delayed: 1, leased: 0 });
    },
  );
});

describe("an upload that fails", () => {
  test.each<{ code: ErrorCode; runs: number }>([
    { code: "key_unsupported", runs: 1 },
    { code: "object_exists", runs: 1 },
    { code: "not_supported", runs: 1 },
    { code: "key_invalid", runs: 1 },
    { code: "storage_full", runs: 3 },
    { code: "io", runs: 3 },
  ])("for $code lets the task run $runs times", async ({ code, runs }) => {
    const bucket = createMemoryBucket();
    await using given = await ground({
      bucket: { ...bucket, put: () => Promise.reject(new SimpleTasksError(code, "no")) },
    });
    await given.send({});
    let ran = 0;
    const daemon = given.daemon({ isolation: "none", attempts: 3 });
    daemon.register(
      defineTask({
        name: "TEST",
        async execute() {
          ran += 1;
          return { success: true, outputs: { out: "text" } };
        },
      }),
    );
    await daemon.run();
    expect(ran).toBe(runs);
    expect(await given.errorReports()).toMatchObject([{ phase: "upload", error: { code } }]);
  });
});
