import { expect, test } from "vitest";
import { SimpleTasksError } from "../../../../shared/errors.ts";
import { describeThrown } from "../../../../shared/daemon/phases/thrown.ts";

test("an error of ours shows its message and what to do, and keeps its code", () => {
  const error = new SimpleTasksError("object_missing", "There is no a/b", { hint: "Put it first." });
  const described = describeThrown(error, "task_failed");
  expect(described).toMatchObject({
    name: "SimpleTasksError",
    code: "object_missing",
    message: "There is no a/b",
  });
  expect(described.stack).toMatch(/^There is no a\/b\nPut it first\.\n +at /);
});

test("causes and gathered errors are shown, a circle of them not for ever", () => {
  const first: Error & { cause?: unknown } = new Error("first");
  first.cause = new AggregateError([new Error("one of them"), first], "several");
  const { stack, code } = describeThrown(first, "task_failed");
  expect(code).toBe("task_failed");
  expect(stack).toContain("Caused by: AggregateError: several");
  expect(stack).toContain("Among the errors: Error: one of them");
});

test.each([
  ["words", "string", "words"],
  [{ status: 404 }, "object", '{"status":404}'],
  [undefined, "undefined", "undefined"],
  [null, "object", "null"],
  [Object.assign(() => {}, { toString: () => "a function" }), "function", "a function"],
])("%s may be thrown", (thrown, name, shown) => {
  const described = describeThrown(thrown, "task_failed");
  expect(described.name).toBe(name);
  expect(described.stack).toBe(`${shown} (thrown; not an Error, so it has no stack)`);
});
