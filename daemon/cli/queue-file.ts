import { accessSync, constants, statSync } from "node:fs";
import path from "node:path";
import { SimpleTasksError } from "../../shared/errors.ts";

/**
 * Whether a queue file is there. Only "there is no such file" means that it is not made yet.
 * @throws `io` when that cannot be told, with the reason in words.
 */
export function isMade(file: string): boolean {
  try {
    statSync(file);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw unusable(file, error);
  }
}

/**
 * Why a queue file that could not be opened cannot be used, when the operating system keeps it from being read or
 * written; undefined when that is not the reason.
 */
export function queueFileProblem(file: string): SimpleTasksError | undefined {
  try {
    // SQLite keeps its journal beside the file, so the folder must be writable too.
    if (isMade(file)) {
      if (statSync(file).isDirectory()) return unusable(file, new Error("EISDIR"), "EISDIR");
      accessSync(file, constants.R_OK | constants.W_OK);
    }
    accessSync(nearestFolder(file), constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return error instanceof SimpleTasksError ? error : unusable(file, error);
  }
}

function nearestFolder(file: string): string {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    if (isMade(folder) || folder === path.dirname(folder)) return folder;
  }
}

function unusable(file: string, cause: unknown, code = codeOf(cause)): SimpleTasksError {
  const noAccess = "you may not read and write it, or not its folder";
  const reasons: Readonly<Record<string, string>> = {
    EACCES: noAccess,
    EPERM: noAccess,
    EROFS: "it lies on a disk that cannot be written",
    ENOTDIR: "a part of its path is a file, not a folder",
    EISDIR: "this is a folder",
    ELOOP: "its links lead round in a circle",
  };
  const reason = reasons[code] ?? String(cause);
  const hint =
    reason === noAccess
      ? "Ask its owner for the right to read and write the file and its folder, or name another queue."
      : "Name another file: sqlite:PATH?queue=NAME.";
  return new SimpleTasksError("io", `the queue file ${file} cannot be used: ${reason}`, {
    hint,
    cause,
    about: { file },
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
