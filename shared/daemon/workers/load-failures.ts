import { SimpleTasksError } from "../../errors.ts";
import { describeExit, type WorkerExit } from "./spawn-worker.ts";

/** How many of the last lines that a loading worker printed go into the error when it dies. */
export const LINES_SHOWN = 20;

const hint = "A task file runs when it is loaded: let it define task types and do nothing else.";

/** @param file the task file whose code ran last, where one is known */
export function loadedTooLong(seconds: number, file: string | undefined): SimpleTasksError {
  return new SimpleTasksError(
    "task_type_invalid",
    `${file === undefined ? "The task files" : `The task files, at last ${file},`} took more than ${seconds} s to load`,
    { hint, ...(file !== undefined && { about: { file } }) },
  );
}

/** @param printed the last lines that the worker printed, at most {@link LINES_SHOWN} */
export function diedLoading(
  exit: WorkerExit,
  printed: readonly string[],
  file: string | undefined,
): SimpleTasksError {
  if (exit.failure !== undefined) return notStarted(exit.failure);
  return new SimpleTasksError(
    "task_type_invalid",
    `A worker process ${describeExit(exit)} while it loaded ${file ?? "the task files"}${printedText(printed)}`,
    { hint, ...(file !== undefined && { about: { file } }) },
  );
}

/** The system could not start a worker process. */
export function notStarted(failure: Error): SimpleTasksError {
  return new SimpleTasksError("io", `A worker process could not be started: ${failure.message}`, {
    cause: failure,
    retryable: true,
  });
}

/** To follow on what became of a worker. */
export function printedText(printed: readonly string[]): string {
  return printed.length === 0 ? "" : `; it printed: ${printed.join(" / ")}`;
}
