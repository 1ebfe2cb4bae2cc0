import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, expectTypeOf, test, vi } from "vitest";
import type { Datasource } from "../../../shared/datasource/datasource.ts";
import { isSimpleTasksError, messageOf } from "../../../shared/errors.ts";
import { defineTask, type JsonValue, type TaskResult, type TaskType, z } from "../../../shared/library.ts";
import { isTaskType } from "../../../shared/task/define.ts";

describe("types flow from the definition into the phases", () => {
  test("payload from the schema's output, prepared from prepare", () => {
    const defined = defineTask({
      name: "CUT",
      payload: z.object({ size: z.number(), day: z.string().transform((text) => new Date(text)) }),
      async prepare(task, datasource) {
        expectTypeOf(task.payload).toEqualTypeOf<{ size: number; day: Date }>();
        expectTypeOf(datasource).toEqualTypeOf<Datasource>();
        return { weights: new Float64Array(task.payload.size) };
      },
      execute(task, _datasource, context) {
        expectTypeOf(task.payload.day).toEqualTypeOf<Date>();
        expectTypeOf(context.task.payload.size).toEqualTypeOf<number>();
        expectTypeOf(context.prepared.weights).toEqualTypeOf<Float64Array<ArrayBuffer>>();
        return {
          success: true,
          outputs: { "a.txt": "a", "b.bin": new Uint8Array(1), c: { file: "/x" }, d: { key: "k" } },
        };
      },
      finalize(task, _datasource, result, context) {
        expectTypeOf(task.payload.size).toEqualTypeOf<number>();
        expectTypeOf(result).toEqualTypeOf<TaskResult>();
        expectTypeOf(context.prepared.weights).toEqualTypeOf<Float64Array<ArrayBuffer>>();
      },
    });
    expectTypeOf(defined).toExtend<TaskType>();
    expect(isTaskType(defined)).toBe(true);
  });

  test("schemas of other libraries too", () => {
    defineTask({
      name: "V",
      payload: v.object({ size: v.pipe(v.string(), v.transform(Number)) }),
      execute(task) {
        expectTypeOf(task.payload).toEqualTypeOf<{ size: number }>();
      },
    });
    defineTask({
      name: "A",
      payload: type({ size: "string.integer.parse" }),
      execute(task) {
        expectTypeOf(task.payload).toEqualTypeOf<{ size: number }>();
      },
    });
  });

  test("without a schema any JSON, without prepare nothing prepared", () => {
    defineTask({
      name: "ANY",
      execute(task, _datasource, context) {
        expectTypeOf(task.payload).toEqualTypeOf<JsonValue>();
        expectTypeOf(task.id).toEqualTypeOf<number | bigint | string>();
        expectTypeOf(context.prepared).toEqualTypeOf<undefined>();
      },
    });
  });

  test("what a phase may not return is a type error", () => {
    // @ts-expect-error a result says whether it is a success
    defineTask({ name: "X", execute: () => ({ outputs: {} }) });
    // @ts-expect-error an output is a text, bytes, a file or a key
    defineTask({ name: "X", execute: () => ({ success: true, outputs: { a: 1 } }) });
  });
});

describe("a defined task type", () => {
  test("has its defaults filled in and is frozen", () => {
    const defined = defineTask({ name: "CUT" });
    expect(defined).toMatchObject({ name: "CUT", fetch: true, environment: [] });
    expect(Object.isFrozen(defined)).toBe(true);
    expect(Object.isFrozen(defined.environment)).toBe(true);
  });

  test("keeps what its definition says", () => {
    const limits = {
      concurrency: 2,
      timeout: 0.5,
      memory: 1024,
      fetch: false,
      environment: ["PATH", "ProgramFiles(x86)"],
    };
    expect(defineTask({ name: "CUT", ...limits })).toMatchObject(limits);
  });

  test("is known from other values, also when another copy of the library made it", async () => {
    vi.resetModules();
    const copy = await import("../../../shared/task/define.ts");
    expect(copy.isTaskType).not.toBe(isTaskType);
    expect(isTaskType(copy.defineTask({ name: "COPY" }))).toBe(true);
    for (const value of [{ name: "CUT", fetch: true, environment: [] }, null, undefined, "CUT", defineTask]) {
      expect(isTaskType(value)).toBe(false);
    }
  });

  test.each<[definition: unknown, says: string]>([
    [undefined, "defineTask takes an object with a name, not undefined"],
    ["CUT", 'defineTask takes an object with a name, not the text "CUT"'],
    [{}, "The task type has no name"],
    [{ name: " " }, 'The task type: name must be a text that is not blank, not the text " "'],
    [{ name: 5 }, "The task type: name must be a text that is not blank, not the number 5"],
    [{ name: "CUT", timout: 5 }, 'Task type "CUT" has an unknown property "timout"'],
    [{ name: "CUT", payload: {} }, 'Task type "CUT": payload must be a schema of the Standard Schema kind'],
    [{ name: "CUT", execute: "run" }, 'Task type "CUT": execute must be a function, not the text "run"'],
    [
      { name: "CUT", concurrency: 0 },
      "concurrency must be a whole number of tasks, 1 or more, not the number 0",
    ],
    [{ name: "CUT", concurrency: 1.5 }, "concurrency must be"],
    [
      { name: "CUT", timeout: 0 },
      "timeout must be a number of seconds above 0, at most 2147483, not the number 0",
    ],
    [{ name: "CUT", timeout: Number.NaN }, "timeout must be"],
    [{ name: "CUT", timeout: 2_147_484 }, "timeout must be"],
    [
      { name: "CUT", memory: "1 GB" },
      'memory must be a whole number of bytes, 1 or more, not the text "1 GB"',
    ],
    [{ name: "CUT", fetch: 1 }, "fetch must be true or false, not the number 1"],
    [{ name: "CUT", environment: "PATH" }, "environment must be a list of names of environment variables"],
    [{ name: "CUT", environment: ["A=1"] }, "environment must be a list of names of environment variables"],
  ])("%j is refused, saying what is wrong", (definition, says) => {
    const define: (definition: never) => unknown = defineTask;
    let refused: unknown;
    try {
      define(definition as never);
    } catch (error) {
      refused = error;
    }
    expect(isSimpleTasksError(refused, "task_type_invalid")).toBe(true);
    expect(messageOf(refused)).toContain(says);
  });
});
