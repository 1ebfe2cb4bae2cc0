import { messageOf, SimpleTasksError } from "../errors.ts";

/**
 * What a call of a queue threw, as a {@link SimpleTasksError} whose `retryable` can be believed: its own word where it
 * is one; an unknown error is one of the engine or the network, which may pass (`io`); a fault in code never does
 * (`internal`).
 */
export function queueCallError(thrown: unknown): SimpleTasksError {
  if (thrown instanceof SimpleTasksError) return thrown;
  const fault = isFault(thrown);
  return new SimpleTasksError(fault ? "internal" : "io", messageOf(thrown), {
    cause: thrown,
    retryable: !fault,
  });
}

/** `fetch` throws a TypeError with a cause where the network failed; code that is wrong throws one without. */
function isFault(thrown: unknown): boolean {
  if (thrown instanceof TypeError) return thrown.cause === undefined;
  return thrown instanceof RangeError || thrown instanceof ReferenceError || thrown instanceof SyntaxError;
}
