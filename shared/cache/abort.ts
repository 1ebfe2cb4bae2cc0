import { SimpleTasksError } from "../errors.ts";

/** What somebody who gave up gets; a signal's own SimpleTasksError says more and is kept. */
export function abortedError(signal: AbortSignal): SimpleTasksError {
  if (signal.reason instanceof SimpleTasksError) return signal.reason;
  return new SimpleTasksError("aborted", "the operation was given up", { cause: signal.reason });
}

/** @throws `aborted` when the signal has fired. */
export function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortedError(signal);
}

/**
 * The promise's outcome, or `aborted` as soon as the signal fires. What comes too late is handed to `onLate`; a failure
 * that comes too late is dropped.
 */
export function untilAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  onLate: (value: T) => void = () => {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(abortedError(signal));
      promise.then(onLate, () => {});
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
