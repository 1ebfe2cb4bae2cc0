import { messageOf, SimpleTasksError } from "../../errors.ts";
import { SQLITE_BUSY, SQLITE_CORRUPT, SQLITE_FULL, SQLITE_NOTADB, sqliteCode } from "../../sqlite.ts";

export function isBusy(error: unknown): boolean {
  return sqliteCode(error) === SQLITE_BUSY;
}

/** Anything thrown while the file was used, as an error that names the file. */
export function sqliteError(error: unknown, file: string): SimpleTasksError {
  if (error instanceof SimpleTasksError) return error;
  const about = { file };
  switch (sqliteCode(error)) {
    case SQLITE_BUSY:
      return busyError(file, error);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return damagedError(file, messageOf(error), error);
    case SQLITE_FULL:
      return new SimpleTasksError("storage_full", `There is no room left to write ${file}.`, {
        hint: "Free space on its disk, then try again.",
        cause: error,
        retryable: true,
        about,
      });
    default:
      return new SimpleTasksError("io", `The queue file ${file} cannot be used: ${messageOf(error)}`, {
        cause: error,
        about,
      });
  }
}

export function damagedError(file: string, reason: string, cause?: unknown): SimpleTasksError {
  return new SimpleTasksError(
    "queue_damaged",
    `${file} is not a usable queue file: ${reason}. It was left as it is.`,
    {
      hint: "Move it away to begin with an empty queue, or bring it back from a backup.",
      cause,
      about: { file },
    },
  );
}

export function busyError(file: string, cause?: unknown): SimpleTasksError {
  return new SimpleTasksError("queue_busy", `Another program keeps the queue file ${file} locked.`, {
    hint: "Close the program that has it open (a database browser, a stopped process), then try again.",
    cause,
    retryable: true,
    about: { file },
  });
}
