import { isReservedKey, showKey, validateKey } from "../../bucket/key.ts";
import { messageOf, SimpleTasksError } from "../../errors.ts";
import type { Output, TaskResult } from "../../task/task-type.ts";

const hint = "execute returns nothing, or {success, outputs: {name: text, bytes, {file} or {key}}}.";

/**
 * What `execute` returned, checked: types are gone when user code runs.
 * @throws `task_failed` saying what is wrong with it.
 */
export function checkResult(returned: unknown): TaskResult {
  if (returned === undefined) return { success: true };
  if (!isObject(returned)) throw wrong(`execute returned ${kindOf(returned)}`);
  const { success, outputs, message } = returned as {
    success?: unknown;
    outputs?: unknown;
    message?: unknown;
  };
  if (typeof success !== "boolean") {
    throw wrong(
      `the result of execute has ${success === undefined ? "no success" : `${kindOf(success)} as success`}; it must be true or false`,
    );
  }
  if (message !== undefined && typeof message !== "string")
    throw wrong(`the result's message is ${kindOf(message)}, not a text`);
  if (outputs !== undefined) checkOutputs(outputs);
  return returned as unknown as TaskResult;
}

function checkOutputs(outputs: unknown): void {
  if (!isObject(outputs))
    throw wrong(`the result's outputs are ${kindOf(outputs)}, not an object of names and values`);
  for (const [name, value] of Object.entries(outputs)) {
    if (name === "") throw wrong("an output has no name");
    if (!isOutput(value))
      throw wrong(
        `the output ${JSON.stringify(name)} is ${kindOf(value)}; it must be a text, bytes, {file} or {key}`,
      );
    if (typeof value === "object" && "key" in value && value.key !== undefined) checkKey(name, value.key);
  }
}

/** It goes into the report of what was done: others will read from there. */
function checkKey(name: string, key: string): void {
  try {
    validateKey(key);
  } catch (error) {
    throw wrong(`the output ${JSON.stringify(name)} has a key that cannot be: ${messageOf(error)}`);
  }
  if (isReservedKey(key))
    throw wrong(
      `the output ${JSON.stringify(name)} has the key ${showKey(key)}, which belongs to SimpleTasks itself`,
    );
}

function isOutput(value: unknown): value is Output {
  if (typeof value === "string" || value instanceof Uint8Array) return true;
  if (!isObject(value)) return false;
  const { file, key } = value as { file?: unknown; key?: unknown };
  return file === undefined
    ? typeof key === "string" && key !== ""
    : typeof file === "string" && file !== "" && key === undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object")
    return `an object with ${Object.keys(value).slice(0, 5).join(", ") || "no keys"}`;
  return typeof value === "undefined" ? "undefined" : `a ${typeof value}`;
}

function wrong(message: string): SimpleTasksError {
  return new SimpleTasksError("task_failed", `Wrong result: ${message}`, { hint });
}
