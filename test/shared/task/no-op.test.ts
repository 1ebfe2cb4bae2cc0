import { describe, expect, test } from "vitest";
import type { Datasource } from "../../../shared/datasource/datasource.ts";
import { isSimpleTasksError, messageOf } from "../../../shared/errors.ts";
import { noOp } from "../../../shared/task/no-op.ts";
import type { Input } from "../../../shared/task/task-type.ts";

const unused = (): never => {
  throw new Error("NO_OP asks the datasource for nothing");
};
const datasource: Datasource = { get: unused, put: unused, delete: unused };

async function run(names: readonly string[]) {
  const inputs = names.map((name, index): Input => ({
    name,
    key: `d/${name}`,
    path: `/cache/${index}`,
    bytes: 1,
  }));
  const task = { id: 1, name: "NO_OP", baseDirectory: "d", inputs: names, payload: null, attempt: 1 };
  const log = { debug: unused, info: unused, warn: unused, error: unused };
  const signal = new AbortController().signal;
  return noOp.execute?.(task, datasource, {
    task,
    datasource,
    inputs,
    log,
    signal,
    scratch: "/none",
    progress: unused,
    prepared: undefined,
  });
}

describe("NO_OP", () => {
  test("is named so, and takes any payload", () => {
    expect(noOp.name).toBe("NO_OP");
    expect(noOp.payload).toBeUndefined();
  });

  test("stores each input unchanged by the last part of its name", async () => {
    expect(await run(["0_input/4.dat", "deep/er/5.dat", "6.dat"])).toEqual({
      success: true,
      outputs: {
        "0_output/4.dat": { file: "/cache/0" },
        "0_output/5.dat": { file: "/cache/1" },
        "0_output/6.dat": { file: "/cache/2" },
      },
    });
    expect(await run([])).toEqual({ success: true, outputs: {} });
  });

  test("an input named twice is stored once; two that would be stored as one are an error", async () => {
    expect(await run(["a/x", "a/x"])).toMatchObject({ outputs: { "0_output/x": { file: "/cache/1" } } });
    const refused = await run(["a/x", "b/x"]).catch((error: unknown) => error);
    expect(isSimpleTasksError(refused, "task_failed")).toBe(true);
    expect(messageOf(refused)).toBe("Both inputs a/x and b/x would be stored as 0_output/x");
  });
});
