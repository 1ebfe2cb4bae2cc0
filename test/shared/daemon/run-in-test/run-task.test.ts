import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { runTask } from "../../../../shared/daemon/run-in-test/run-task.ts";
import { defineTask } from "../../../../shared/task/define.ts";

/** Everything that a run makes lies here, and must be gone afterwards. */
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "simpletasks-run-in-test-"));
  vi.stubEnv("TMPDIR", directory);
});
afterEach(() => {
  vi.unstubAllEnvs();
  const left = readdirSync(directory);
  rmSync(directory, { recursive: true });
  expect(left).toEqual([]);
});

const shout = defineTask({
  name: "SHOUT",
  payload: z.object({ mark: z.string().default("!") }),
  async execute(task, _datasource, { inputs, log, progress }) {
    const outputs: Record<string, string> = {};
    for (const { name, path } of inputs) {
      outputs[`loud/${name}`] = (await readFile(path, "utf8")).toUpperCase() + task.payload.mark;
      log.info(`read ${name}`);
    }
    process.stdout.write("printed\n");
    progress(1, "all");
    return { success: true, outputs };
  },
});

describe("a task that is run in a test", () => {
  it("gives its outputs by their names, its log and its progress", async () => {
    const inputs = { "b.txt": "bee", "a/a.txt": new TextEncoder().encode("aye") };
    const run = await runTask(shout, { inputs, payload: { mark: "?" } });
    expect(Object.keys(run.outputs)).toEqual(["loud/b.txt", "loud/a/a.txt"]);
    expect(run.outputs["loud/b.txt"]?.text).toBe("BEE?");
    expect(run.log).toEqual([
      { level: "info", text: "read b.txt" },
      { level: "info", text: "read a/a.txt" },
      { level: "info", text: "printed" },
    ]);
    expect(run.progress).toEqual({ fraction: 1, note: "all" });
  });

  it("sees the payload that its schema makes of what a message would carry", async () => {
    const run = await runTask(shout, { inputs: { a: "x" }, payload: {} });
    expect(run.outputs["loud/a"]?.text).toBe("X!");
  });

  it("reads and writes the bucket through its datasource", async () => {
    const copy = defineTask({
      name: "COPY",
      fetch: false,
      async execute(task, datasource, { inputs }) {
        const text = await readFile(await datasource.get("elsewhere/table.json"), "utf8");
        await datasource.put("elsewhere/copy.json", text);
        await datasource.delete("elsewhere/old");
        return {
          success: true,
          outputs: {
            counts: JSON.stringify([inputs.length, task.inputs]),
            copy: { key: "elsewhere/copy.json" },
          },
        };
      },
    });
    const run = await runTask(copy, {
      baseDirectory: "base",
      inputs: { unread: "" },
      objects: { "elsewhere/table.json": '{"n":1}', "elsewhere/old": "" },
    });
    expect(run.outputs["counts"]?.json()).toEqual([0, ["unread"]]);
    expect(run.outputs["elsewhere/copy.json"]?.json()).toEqual({ n: 1 });
    expect(Object.keys(run.objects)).toEqual([
      "base/counts",
      "base/unread",
      "elsewhere/copy.json",
      "elsewhere/table.json",
    ]);
  });

  it("may write to its inputs and its scratch directory", async () => {
    const scribble = defineTask({
      name: "SCRIBBLE",
      async execute(_task, _datasource, { inputs, scratch }) {
        await writeFile(inputs[0]?.path ?? "", "changed");
        await writeFile(join(scratch, "out"), "made");
        return { success: true, outputs: { out: { file: join(scratch, "out") } } };
      },
    });
    const run = await runTask(scribble, { inputs: { a: "kept" } });
    expect(run.outputs["out"]?.text).toBe("made");
    expect(run.objects["data/a"]?.text).toBe("kept");
  });
});

describe("a task that fails in a test", () => {
  it("rejects with what it threw, the author's own line and the phase", async () => {
    const bad = defineTask({
      name: "BAD",
      prepare() {
        throw new RangeError("no such column");
      },
    });
    const error: unknown = await runTask(bad).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "task_failed",
      message: "BAD failed in prepare: no such column",
      about: { phase: "prepare" },
      stack: expect.stringContaining("run-task.test.ts"),
    });
  });

  it.each([
    [{ mark: 3 }, "payload_invalid", /SHOUT failed in validate: .*payload_info\.mark/],
    [undefined, "payload_invalid", /SHOUT failed in validate/],
  ])("refuses the payload %j as a daemon would", async (payload, code, message) => {
    await expect(runTask(shout, { payload })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it("is given up at its timeout and when the signal fires", async () => {
    const wait = (timeout?: number) =>
      defineTask({
        name: "WAIT",
        ...(timeout !== undefined && { timeout }),
        async execute(_task, _datasource, { signal }) {
          await new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason));
          });
        },
      });
    await expect(runTask(wait(0.01))).rejects.toMatchObject({ code: "task_timeout" });
    const controller = new AbortController();
    const running = runTask(wait(), { signal: controller.signal });
    setImmediate(() => controller.abort());
    await expect(running).rejects.toMatchObject({ code: "attempt_aborted" });
    await expect(runTask(wait(), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "attempt_aborted",
    });
  });

  it("leaves nothing in the bucket: success: false is a failure", async () => {
    const no = defineTask({
      name: "NO",
      execute: () => ({ success: false, message: "not today" }),
    });
    await expect(runTask(no)).rejects.toMatchObject({ message: "NO failed in execute: not today" });
  });
});
