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
  expect(described).toMatchObject({ name, message: shown });
  expect(described.stack).toBe(`${shown} (thrown; not an Error, so it has no stack)`);
});

test("however much an error holds, what is passed on is bounded, and its own lines remain", () => {
  const long = new Error("x".repeat(3_000_000));
  const described = describeThrown(long, "task_failed");
  expect(described.message).toMatch(/^x{1000,} … \(\d+ more characters left out\)$/);
  expect(described.message.length).toBeLessThan(20_000);
  expect(described.stack).toMatch(/left out\)\n +at /);
  const many = new AggregateError(Array.from({ length: 10 }, () => long));
  many.errors.push(many, many, many);
  many.cause = many;
  expect(describeThrown(many, "task_failed").stack.length).toBeLessThan(1_100_000);
});

test("many errors that are each other's are not followed for ever", () => {
  const circle = new AggregateError([]);
  circle.errors.push(...Array.from({ length: 10 }, () => circle));
  expect(describeThrown(circle, "task_failed").stack.length).toBeLessThan(1_100_000);
});

test.each([
  ["a message that is no text", Object.assign(new Error("x"), { message: 5 }), "5"],
  [
    "a message that throws",
    Object.defineProperty(new Error("x"), "message", { get: () => fail() }),
    "something was thrown that cannot be shown",
  ],
  [
    "a stack that throws",
    Object.defineProperty(new Error("x"), "stack", { get: () => fail() }),
    "something was thrown that cannot be shown",
  ],
])("an error may have %s", (_, thrown, message) => {
  expect(describeThrown(thrown, "task_failed")).toMatchObject({ message, code: "task_failed" });
});

function fail(): never {
  throw new Error("read");
}
