import { inspect, isDeepStrictEqual } from "node:util";
import { type ErrorCode, isSimpleTasksError } from "./errors.ts";

// What contract suites demand, without a test framework: each fails with a sentence that says what was expected of what.

/** Fails unless both are deeply equal. */
export function expectEqual<Value>(what: string, actual: Value, expected: Value): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new Error(`${what}: expected ${show(expected)}, but got ${show(actual)}.`);
}

/** `what` completes the sentence "Expected that …". */
export function expectTrue(what: string, condition: boolean): void {
  if (!condition) throw new Error(`Expected that ${what}.`);
}

/** Fails unless `error` is a SimpleTasksError of that code. */
export function expectCode(what: string, code: ErrorCode, error: unknown): void {
  if (isSimpleTasksError(error, code)) return;
  const got = isSimpleTasksError(error) ? error.code : `no SimpleTasksError, but ${show(error)}`;
  throw new Error(`${what}: expected the error ${code}, but got ${got}.`, { cause: error });
}

/** Fails unless the promise rejects with a SimpleTasksError of that code. */
export async function expectRejection(
  what: string,
  code: ErrorCode,
  promise: Promise<unknown>,
): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  try {
    await promise;
  } catch (error) {
    failure = { error };
  }
  if (failure === undefined) throw new Error(`${what}: expected the error ${code}, but it succeeded.`);
  expectCode(what, code, failure.error);
}

function show(value: unknown): string {
  return inspect(value, { breakLength: Infinity, depth: 4, maxArrayLength: 30, maxStringLength: 300 });
}
