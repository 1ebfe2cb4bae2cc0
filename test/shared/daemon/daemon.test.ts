import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { SimpleTasksError } from "../../../shared/errors.ts";
import type { Queue } from "../../../shared/queue/queue.ts";
import type { Logger } from "../../../shared/logger.ts";
import { defineTask } from "../../../shared/task/define.ts";
import { gate, ground, type Ground } from "./daemon-under-test.ts";

describe("the daemon", () => {
  let on: Ground;
  beforeEach(async () => {
    on = await ground();
  });
  afterEach(async () => on[Symbol.asyncDispose]());

  const text = async (key: string): Promise<string> => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await on.bucket.get(key)).body) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };
  const keys = async (): Promise<string[]> => (await on.bucket.list()).objects.map(({ key }) => key);

  test("logs the beginning of a flood, and counts the rest; the report has the end", async () => {
    const daemon = on.daemon({ attempts: 1 });
    daemon.register(
      defineTask({
        name: "TEST",
        execute(_task, _datasource, { log }) {
          for (let line = 0; line < 2000; line += 1) log.info(`${line} ${"x".repeat(10_000)}`);
          log.info("the last");
          throw new Error("flooded");
        },
      }),
    );
    await on.send({}, { name: "NO_OP" });
    await daemon.run();
    const lines = on.logged.filter((line) => line.endsWith("xxx"));
    expect(lines.length).toBeGreaterThan(900);
    expect(lines.length).toBeLessThan(1000);
    expect(on.logged).not.toContain("info the last");
    expect(on.logged.filter((line) => line.endsWith("more lines were not logged"))).toEqual([
      `warn … ${(2001 - lines.length).toLocaleString("en")} more lines were not logged`,
    ]);
    expect((await on.errorReports())[0]?.logTail.at(-1)).toBe("the last");
  });

  describe("a task that succeeds", () => {
    test("reads its inputs, stores its outputs, is reported done and deleted", async () => {
      await on.bucket.put("set/in.txt", "hello");
      await on.send({ id: 7, inputs: ["in.txt"] });
      const daemon = on.daemon();
      daemon.register(
        defineTask({
          name: "TEST",
          async execute(_task, _datasource, { inputs }) {
            const read = await readFile(inputs[0]?.path ?? "", "utf8");
            return {
              success: true,
              outputs: { "out/upper.txt": read.toUpperCase(), "out/bytes": Uint8Array.of(1, 2) },
            };
          },
        }),
      );
      expect(await daemon.run()).toMatchObject({
        succeeded: 1,
        failed: 0,
        retried: 0,
        returned: 0,
        leasesLost: 0,
      });
      expect(await text("set/out/upper.txt")).toBe("HELLO");
      expect(await readFile(join(on.cache.directory, "set/out/upper.txt"), "utf8")).toBe("HELLO");
      expect(await on.doneReports()).toMatchObject([
        { kind: "done", attempt: 1, outputs: ["set/out/upper.txt", "set/out/bytes"] },
      ]);
      expect(await on.errorReports()).toEqual([]);
      expect(await on.tasks.stats()).toEqual({ visible: 0, leased: 0, delayed: 0 });
    });

    test("tells its phases in order, and that it is over once it is reported", async () => {
      await on.send({ id: 7 });
      const told: string[] = [];
      const daemon = on.daemon({
        onPhase: ({ task, phase }) => void told.push(`${task} ${phase}`),
        onOver: ({ task }) => void told.push(`${task} over, after ${on.logged.at(-1)}`),
      });
      daemon.register(defineTask({ name: "TEST", execute: () => ({ success: true, outputs: { a: "x" } }) }));
      await daemon.run();
      expect(told).toEqual(["7 execute", "7 upload", "7 report", "7 over, after info task succeeded"]);
    });

    test("without a done queue nothing is reported", async () => {
      await on.send({});
      const daemon = on.daemon({ doneQueue: undefined });
      daemon.register(defineTask({ name: "TEST" }));
      expect(await daemon.run()).toMatchObject({ succeeded: 1 });
      expect(await on.doneReports()).toEqual([]);
    });

    test("NO_OP is built in", async () => {
      await on.bucket.put("set/0_input/4.dat", "four");
      await on.send({ name: "NO_OP", inputs: ["0_input/4.dat"], payload: "NoOp Task" });
      expect(await on.daemon().run()).toMatchObject({ succeeded: 1 });
      expect(await text("set/0_output/4.dat")).toBe("four");
    });
  });

  describe("a task that fails", () => {
    test("is tried again, then reported with its full text, phase, error and log", async () => {
      await on.send(
        `{"basic_info":{"name":"TEST","base_directory":"set","inputs":[]},"payload_info":1.0,"mine":12345678901234567890}`,
      );
      const attempts: number[] = [];
      const daemon = on.daemon({ attempts: 3 });
      daemon.register(
        defineTask({
          name: "TEST",
          async execute(task, datasource, { log }) {
            attempts.push(task.attempt);
            await datasource.put("set/half.txt", "never to be seen");
            log.info(`attempt ${task.attempt}`);
            throw new TypeError("no such thing", { cause: new Error("the reason") });
          },
        }),
      );
      expect(await daemon.run()).toMatchObject({ succeeded: 0, failed: 1, retried: 2 });
      expect(attempts).toEqual([1, 2, 3]);
      const [report] = await on.errorReports();
      expect(report).toMatchObject({
        kind: "error",
        attempt: 3,
        phase: "execute",
        error: { name: "TypeError", message: "no such thing" },
        logTail: ["attempt 3"],
      });
      expect(report?.exception).toContain("Caused by: Error: the reason");
      expect(report?.taskText).toContain(`"payload_info":1.0,"mine":12345678901234567890`);
      expect(await keys()).toEqual([]);
      expect((await on.cache.status()).entries).toBe(0);
    });

    test("one that says success: false is finalized first, and is a failure", async () => {
      await on.send({});
      const finalized: boolean[] = [];
      const daemon = on.daemon({ attempts: 1 });
      daemon.register(
        defineTask({
          name: "TEST",
          execute: () => ({ success: false, message: "the data is no good" }),
          finalize: (_task, _datasource, result) => void finalized.push(result.success),
        }),
      );
      expect(await daemon.run()).toMatchObject({ succeeded: 0, failed: 1 });
      expect(finalized).toEqual([false]);
      expect(await on.errorReports()).toMatchObject([
        { phase: "execute", error: { message: "the data is no good", code: "task_failed" } },
      ]);
      expect(await on.doneReports()).toEqual([]);
    });

    test("a missing input is a failed attempt that names the key", async () => {
      await on.send({ inputs: ["absent.txt"] });
      const daemon = on.daemon({ attempts: 2 });
      daemon.register(defineTask({ name: "TEST" }));
      expect(await daemon.run()).toMatchObject({ failed: 1, retried: 1 });
      const [report] = await on.errorReports();
      expect(report).toMatchObject({ phase: "fetch", attempt: 2, error: { code: "object_missing" } });
      expect(report?.error?.message).toContain("set/absent.txt");
    });

    test("an input that appears before the last attempt saves the task", async () => {
      await on.send({ inputs: ["late.txt"] });
      const log: Logger = {
        log: (_level, message) =>
          void (message.startsWith("attempt failed") && on.bucket.put("set/late.txt", "here")),
      };
      const daemon = on.daemon({ attempts: 2, log });
      daemon.register(defineTask({ name: "TEST" }));
      expect(await daemon.run()).toMatchObject({ succeeded: 1, retried: 1 });
    });
  });

  describe("a message that is no task of this daemon goes straight to the error queue, raw text and all", () => {
    const cases: readonly (readonly [what: string, body: string, code: string])[] = [
      ["no JSON", "hello {", "task_unparsable"],
      ["JSON, but no task", `{"a":1}`, "task_unparsable"],
      [
        "a blank name",
        `{"basic_info":{"name":" ","base_directory":"d","inputs":[]},"payload_info":1}`,
        "task_unparsable",
      ],
      ["no payload", `{"basic_info":{"name":"TEST","base_directory":"d","inputs":[]}}`, "task_unparsable"],
      [
        "an unknown task type",
        `{"basic_info":{"name":"WHO","base_directory":"d","inputs":[]},"payload_info":1}`,
        "task_type_unknown",
      ],
      [
        "an input that escapes",
        `{"basic_info":{"name":"TEST","base_directory":"d","inputs":["../../etc/passwd"]},"payload_info":1}`,
        "key_invalid",
      ],
      [
        "a payload against the schema",
        `{"basic_info":{"name":"TEST","base_directory":"d","inputs":[]},"payload_info":"text"}`,
        "payload_invalid",
      ],
      [
        "a task that depends on others",
        `{"basic_info":{"name":"TEST","base_directory":"d","inputs":[]},"payload_info":1,"depends_on":[1]}`,
        "task_unparsable",
      ],
    ];
    for (const [what, body, code] of cases) {
      test(what, async () => {
        await on.send(body, { payload: 2 });
        const daemon = on.daemon();
        daemon.register(defineTask({ name: "TEST", payload: z.number() }));
        expect(await daemon.run()).toMatchObject({ succeeded: 1, failed: 1, retried: 0 });
        expect(await on.errorReports()).toMatchObject([
          { error: { code }, taskText: body, phase: "validate" },
        ]);
      });
    }
  });

  describe("leases", () => {
    test("one that is lost aborts its task: nothing is stored or reported, and the next delivery runs", async () => {
      await on.send({});
      const begun = gate();
      let runs = 0;
      const daemon = on.daemon({ leaseSeconds: 0.3 });
      daemon.register(
        defineTask({
          name: "TEST",
          async execute(_task, datasource, { signal }) {
            runs += 1;
            await datasource.put(`set/${runs}.txt`, String(runs));
            if (runs > 1) return;
            begun.open();
            await new Promise((resolve) => signal.addEventListener("abort", resolve));
          },
        }),
      );
      const run = daemon.run();
      await begun.promise;
      await on.tasks.releaseAll?.();
      expect(await run).toMatchObject({ succeeded: 1, leasesLost: 1 });
      expect(await keys()).toEqual(["set/2.txt"]);
      expect(await on.doneReports()).toHaveLength(1);
    });

    test("a message that was delivered too often runs once more, alone; after that it is reported unrun", async () => {
      const beside: number[] = [];
      let running = 0;
      const register = (daemon: ReturnType<Ground["daemon"]>): void =>
        daemon.register(
          defineTask({
            name: "TEST",
            async execute(task) {
              running += 1;
              await new Promise((resolve) => setImmediate(resolve));
              if (task.id === 0) beside.push(running);
              running -= 1;
            },
          }),
        );
      const deliver = async (times: number): Promise<void> => {
        for (let delivery = 0; delivery < times; delivery += 1) {
          const [message] = await on.tasks.receive({ max: 1, waitSeconds: 0, leaseSeconds: 60 });
          await on.tasks.release([{ receipt: message?.receipt ?? "" }]);
        }
      };
      await on.send({ id: 0 });
      await deliver(2);
      await on.send({ id: 1 }, { id: 2 }, { id: 3 });
      const first = on.daemon({ maxDeliveries: 2, workers: 3 });
      register(first);
      expect(await first.run()).toMatchObject({ succeeded: 4, failed: 0 });
      expect(beside).toEqual([1]);

      await on.send({ id: 4 });
      await deliver(3);
      const second = on.daemon({ maxDeliveries: 2 });
      register(second);
      expect(await second.run()).toMatchObject({ succeeded: 0, failed: 1 });
      expect(await on.errorReports()).toMatchObject([{ error: { code: "deliveries_exceeded" } }]);
    });
  });

  describe("stopping", () => {
    test("what runs is finished, what waits goes back uncounted", async () => {
      await on.send({}, {}, {}, {});
      const begun = gate();
      const go = gate();
      const daemon = on.daemon({ untilDrained: false });
      daemon.register(
        defineTask({
          name: "TEST",
          async execute() {
            begun.open();
            await go.promise;
          },
        }),
      );
      const run = daemon.run();
      await begun.promise;
      daemon.stop();
      go.open();
      const summary = await run;
      expect(summary).toMatchObject({ succeeded: 1, failed: 0 });
      expect(await on.tasks.stats()).toEqual({ visible: 3, leased: 0, delayed: 0 });
      const rest = await on.tasks.receive({ max: 10, waitSeconds: 0, leaseSeconds: 60 });
      expect(rest.map(({ deliveries }) => deliveries)).toEqual([1, 1, 1]);
      expect(daemon.state).toBe("stopped");
    });

    test("the second time what runs is aborted and goes back too, not counted as a failure", async () => {
      await on.send({});
      const begun = gate();
      const daemon = on.daemon({ untilDrained: false });
      daemon.register(
        defineTask({
          name: "TEST",
          async execute(_task, _datasource, { signal }) {
            begun.open();
            await new Promise((_resolve, reject) =>
              signal.addEventListener("abort", () => reject(signal.reason as Error)),
            );
          },
        }),
      );
      const run = daemon.run();
      await begun.promise;
      daemon.stop();
      daemon.stop();
      expect(await run).toMatchObject({ succeeded: 0, failed: 0, retried: 0, returned: 1 });
      expect(await on.tasks.stats()).toEqual({ visible: 1, leased: 0, delayed: 0 });
      expect(await on.errorReports()).toEqual([]);
    });

    test("also when the error queue does not answer: the message goes back", async () => {
      await on.send({});
      const asked = gate();
      const errorQueue: Queue = {
        ...on.errors,
        async send() {
          asked.open();
          throw new SimpleTasksError("io", "the error queue does not answer", { retryable: true });
        },
      };
      const taskQueue: Queue = { ...on.tasks };
      Reflect.deleteProperty(taskQueue, "transaction");
      const daemon = on.daemon({ untilDrained: false, attempts: 1, taskQueue, errorQueue });
      daemon.register(
        defineTask({
          name: "TEST",
          execute() {
            throw new Error("no");
          },
        }),
      );
      const run = daemon.run();
      await asked.promise;
      daemon.stop();
      daemon.stop();
      expect(await run).toMatchObject({ succeeded: 0, failed: 0 });
      expect(await on.tasks.stats()).toMatchObject({ visible: 1, leased: 0 });
    });

    test("by a signal before anything was leased", async () => {
      const daemon = on.daemon({ untilDrained: false });
      expect(await daemon.run({ signal: AbortSignal.abort() })).toMatchObject({ succeeded: 0 });
    });

    test("a drained queue waits for what is delayed", async () => {
      await on.send({});
      let runs = 0;
      const daemon = on.daemon({ retryDelaySeconds: 0.2, attempts: 2 });
      daemon.register(
        defineTask({
          name: "TEST",
          execute() {
            runs += 1;
            if (runs === 1) throw new Error("once");
          },
        }),
      );
      expect(await daemon.run()).toMatchObject({ succeeded: 1, retried: 1 });
    });
  });

  test("a type's concurrency holds", async () => {
    await on.send({}, {}, {}, {}, {}, {});
    let running = 0;
    let most = 0;
    const daemon = on.daemon({ workers: 4 });
    daemon.register(
      defineTask({
        name: "TEST",
        concurrency: 2,
        async execute() {
          running += 1;
          most = Math.max(most, running);
          await new Promise((resolve) => setTimeout(resolve, 5));
          running -= 1;
        },
      }),
    );
    expect(await daemon.run()).toMatchObject({ succeeded: 6 });
    expect(most).toBe(2);
  });

  test("a task that writes to its input changes nothing for the next one", async () => {
    await on.bucket.put("set/in.txt", "clean");
    await on.send({ inputs: ["in.txt"] }, { inputs: ["in.txt"] });
    const read: string[] = [];
    const daemon = on.daemon();
    daemon.register(
      defineTask({
        name: "TEST",
        async execute(_task, _datasource, { inputs }) {
          const path = inputs[0]?.path ?? "";
          read.push(await readFile(path, "utf8"));
          await writeFile(path, "dirty");
        },
      }),
    );
    expect(await daemon.run()).toMatchObject({ succeeded: 2 });
    expect(read).toEqual(["clean", "clean"]);
  });

  test("two task types of one name are refused at the start", async () => {
    const daemon = on.daemon();
    daemon.register(defineTask({ name: "TEST" }));
    daemon.register(defineTask({ name: "TEST" }));
    await expect(daemon.run()).rejects.toMatchObject({ code: "task_type_invalid" });
  });

  test("an option out of its range is named", () => {
    expect(() => on.daemon({ leaseSeconds: 0 })).toThrow(/leaseSeconds/);
    expect(() => on.daemon({ workers: 1.5 })).toThrow(/workers/);
  });
});
