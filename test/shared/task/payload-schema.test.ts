import { fileURLToPath } from "node:url";
import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import * as mini from "zod/mini";
import { isSimpleTasksError, messageOf } from "../../../shared/errors.ts";
import { defineTask, type TaskType } from "../../../shared/task/define.ts";
import { parsePayload, payloadJsonSchema } from "../../../shared/task/payload-schema.ts";

const zod = defineTask({
  name: "Z",
  payload: z.object({ sizes: z.array(z.number()), day: z.coerce.date().optional() }),
});
const valibot = defineTask({ name: "V", payload: v.object({ sizes: v.array(v.number()) }) });
const arktype = defineTask({ name: "A", payload: type({ sizes: "number[]" }) });

describe("a payload against its schema", () => {
  test("becomes what the schema makes of it, with its type", async () => {
    const parsed = await parsePayload(zod, { sizes: [1, 2], day: "2026-01-02", ignored: true });
    expectTypeOf(parsed).toEqualTypeOf<{ sizes: number[]; day?: Date | undefined }>();
    expect(parsed).toEqual({ sizes: [1, 2], day: new Date("2026-01-02") });
  });

  test("big integers reach the schema as bigints", async () => {
    const seeded = defineTask({ name: "S", payload: z.object({ seed: z.bigint() }) });
    expect(await parsePayload(seeded, { seed: 12345678901234567890n })).toEqual({
      seed: 12345678901234567890n,
    });
  });

  test("is taken as it is without a schema", async () => {
    const payload = { any: ["thing"] };
    expect(await parsePayload(defineTask({ name: "ANY" }), payload)).toBe(payload);
  });

  test.each<TaskType>([zod, valibot, arktype])(
    "is refused by the path of what is wrong: $name",
    async (taskType) => {
      const refused = await failure(parsePayload(taskType, { sizes: [1, "two"] }));
      expect(isSimpleTasksError(refused, "payload_invalid")).toBe(true);
      expect(messageOf(refused)).toMatch(
        new RegExp(`^The payload is not what ${taskType.name} takes: payload_info\\.sizes\\[1\\]: .*number`),
      );
    },
  );

  test("a schema may take its time", async () => {
    const slow = z.string().refine(async (text) => {
      await new Promise(setImmediate);
      return text === "good";
    }, "not good");
    const taskType = defineTask({ name: "SLOW", payload: slow });
    expect(await parsePayload(taskType, "good")).toBe("good");
    expect(messageOf(await failure(parsePayload(taskType, "bad")))).toContain("payload_info: not good");
  });

  test("of very many faults the first are named and the rest counted", async () => {
    const refused = await failure(parsePayload(zod, { sizes: Array.from({ length: 50 }, () => "x") }));
    expect(messageOf(refused)).toContain("payload_info.sizes[9]:");
    expect(messageOf(refused)).not.toContain("payload_info.sizes[10]:");
    expect(messageOf(refused)).toMatch(/; and 40 more$/);
  });

  test("a schema that throws refuses the payload, and its own error is the cause", async () => {
    const broken = new Error("broken transform");
    const schema = z.string().transform(() => {
      throw broken;
    });
    const refused = await failure(parsePayload(defineTask({ name: "BROKEN", payload: schema }), "x"));
    expect(isSimpleTasksError(refused, "payload_invalid")).toBe(true);
    expect(refused).toMatchObject({ cause: broken });
  });
});

describe("the JSON Schema of a payload", () => {
  const sizes = {
    type: "object",
    properties: { sizes: { type: "array", items: { type: "number" } } },
    required: ["sizes"],
  };

  test.each([
    ["zod", z.object({ sizes: z.array(z.number()) })],
    ["zod/mini", mini.object({ sizes: mini.array(mini.number()) })],
    ["valibot", v.object({ sizes: v.array(v.number()) })],
    ["arktype", type({ sizes: "number[]" })],
  ])("can be told for %s", async (_library, payload) => {
    expect(await payloadJsonSchema({ payload }, fileURLToPath(import.meta.url))).toMatchObject(sizes);
  });

  test("describes what messages carry, not what the code gets", async () => {
    const payload = z.object({
      day: z.string().transform((text) => new Date(text)),
      size: z.number().default(3),
    });
    expect(await payloadJsonSchema({ payload })).toMatchObject({
      properties: { day: { type: "string" } },
      required: ["day"],
    });
  });

  test("is asked of the schema itself where it offers it", async () => {
    const payload = {
      "~standard": {
        version: 1,
        vendor: "own",
        validate: (value: unknown) => ({ value }),
        jsonSchema: {
          input: ({ target }: { target: string }) => ({ title: `input for ${target}` }),
          output: () => ({ title: "output" }),
        },
      },
    } as const;
    expect(await payloadJsonSchema({ payload })).toEqual({ title: "input for draft-2020-12" });
  });

  test("lets anything stand for a part that has no form in JSON Schema", async () => {
    expect(await payloadJsonSchema({ payload: z.object({ seed: z.bigint() }) })).toMatchObject({
      properties: { seed: {} },
    });
  });

  test("cannot be told without a schema, or for one that nothing converts", async () => {
    const payload = {
      "~standard": { version: 1, vendor: "own", validate: (value: unknown) => ({ value }) },
    } as const;
    expect(await payloadJsonSchema({ payload })).toBeUndefined();
    expect(await payloadJsonSchema({})).toBeUndefined();
    // valibot, but its converter is not installed where the task file lies.
    expect(await payloadJsonSchema({ payload: v.string() }, "/nowhere/x.task.ts")).toBeUndefined();
  });
});

async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return undefined;
}
