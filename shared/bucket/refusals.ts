import { SimpleTasksError } from "../errors.ts";
import { showKey } from "./key.ts";

/** The errors that every bucket driver throws, worded once. `bucket` is its URL. */

export function objectMissing(bucket: string, key: string): SimpleTasksError {
  return new SimpleTasksError("object_missing", `There is no object ${showKey(key)} in ${bucket}.`, {
    about: { bucket, key },
  });
}

export function objectExists(bucket: string, key: string): SimpleTasksError {
  return new SimpleTasksError("object_exists", `There is already an object ${showKey(key)} in ${bucket}.`, {
    about: { bucket, key },
  });
}

/** Worth another try: the next read sees the object as it is then. */
export function objectChanged(bucket: string, key: string): SimpleTasksError {
  return new SimpleTasksError(
    "object_changed",
    `The object ${showKey(key)} in ${bucket} is no longer the one that was asked for.`,
    {
      retryable: true,
      about: { bucket, key },
    },
  );
}

/** @throws `closed` */
export function refuseClosed(bucket: string, closed: boolean): void {
  if (closed)
    throw new SimpleTasksError("closed", `The bucket ${bucket} was used after it was closed.`, {
      about: { bucket },
    });
}

/** @throws `aborted` when the signal has fired. */
export function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) {
    throw new SimpleTasksError("aborted", "The operation on the bucket was given up.", {
      cause: signal.reason,
    });
  }
}

/** The page length of a list. @throws `range_invalid` when it is not 1 … 1,000. */
export function pageLength(max = 1000): number {
  if (Number.isInteger(max) && max >= 1 && max <= 1000) return max;
  throw new SimpleTasksError(
    "range_invalid",
    `A page of a list holds 1 to 1,000 objects; ${max} were asked for.`,
  );
}
