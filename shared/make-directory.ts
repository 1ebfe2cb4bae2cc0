import { mkdirSync, statSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import path from "node:path";
import { deniedFolder } from "./denied.ts";
import { messageOf, SimpleTasksError } from "./errors.ts";

/**
 * Makes a directory and the parents that are missing, or finds that it is there. Node's own recursive `mkdir` tries for
 * ever where the parent is there and yet nothing can be made in it, as in `/proc`.
 *
 * @param mode of everything that is made here; the umask is taken off
 * @throws `io`, `storage_full`, in words; the system's own error is the cause
 */
export async function makeDirectory(directory: string, mode = 0o777): Promise<void> {
  const steps = stepsTo(directory);
  for (let step = steps.next(); step.done !== true;) {
    const folder = step.value;
    let failure: unknown;
    try {
      await mkdir(folder, mode);
    } catch (error) {
      const found = codeOf(error) === "ENOENT" ? undefined : await stat(folder).catch(() => undefined);
      failure = found?.isDirectory() === true ? undefined : error;
    }
    step = steps.next(failure);
  }
}

/** Like {@link makeDirectory}, where nothing may come between. */
export function makeDirectorySync(directory: string, mode = 0o777): void {
  const steps = stepsTo(directory);
  for (let step = steps.next(); step.done !== true;) {
    const folder = step.value;
    let failure: unknown;
    try {
      mkdirSync(folder, mode);
    } catch (error) {
      failure = codeOf(error) !== "ENOENT" && isDirectory(folder) ? undefined : error;
    }
    step = steps.next(failure);
  }
}

/** How often the way is walked: somebody may remove a parent between two steps. */
const mostTries = 3;

/** The folders to make, one by one. After each it is told what went wrong: nothing, where the folder is there now. */
function* stepsTo(directory: string): Generator<string, void, unknown> {
  const wanted = path.resolve(directory);
  let failure: unknown;
  for (let tries = 0; tries < mostTries; tries += 1) {
    const missing: string[] = [];
    let folder = wanted;
    failure = yield folder;
    while (codeOf(failure) === "ENOENT" && folder !== path.dirname(folder)) {
      missing.push(folder);
      folder = path.dirname(folder);
      failure = yield folder;
    }
    while (failure === undefined) {
      const next = missing.pop();
      if (next === undefined) return;
      failure = yield next;
    }
    if (codeOf(failure) !== "ENOENT") break;
  }
  throw cannotMake(wanted, failure);
}

/** Systems answer for a folder that is there in several ways: that it is a root, or that its disk cannot be written. */
function isDirectory(folder: string): boolean {
  try {
    return statSync(folder).isDirectory();
  } catch {
    return false;
  }
}

function cannotMake(directory: string, cause: unknown): SimpleTasksError {
  const code = codeOf(cause) ?? "";
  const denied = code === "EACCES" ? deniedFolder(directory) : undefined;
  const reason = denied === undefined ? (reasons[code] ?? messageOf(cause)) : `you may not enter ${denied}`;
  return new SimpleTasksError(
    code === "ENOSPC" || code === "EDQUOT" ? "storage_full" : "io",
    `the folder ${directory} cannot be made: ${reason}`,
    { cause, about: { folder: directory } },
  );
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "the system lets nothing be made there",
  EACCES: "you may not write there",
  EPERM: "you may not write there",
  EEXIST: "a file is where a folder must be",
  ENOTDIR: "a file is where a folder must be",
  EROFS: "nothing can be written there",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk is full",
  ENAMETOOLONG: "its name is too long",
  ELOOP: "its links lead round in a circle",
};

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
