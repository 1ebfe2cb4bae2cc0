import { lstatSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { isLifeLockHeld, takeLifeLock } from "./life-lock.ts";

/** A directory of this process's own in the system's temporary directory; disposing of it removes it. */
export interface TemporaryDirectory extends AsyncDisposable {
  /** Holds one file of ours, {@link lockName}. */
  readonly path: string;
}

const prefix = "simpletasks-";
const lockName = ".owner.lock";
/** A younger lock may have been made and not taken yet, in milliseconds. */
const graceMilliseconds = 10_000;

/**
 * Makes `TMPDIR/simpletasks-PURPOSE-…`, for this user alone. A process that is killed leaves it behind; the next one that
 * makes a temporary directory, or the next daemon, removes it.
 */
export async function makeTemporaryDirectory(purpose: string): Promise<TemporaryDirectory> {
  await removeAbandonedDirectories();
  const directory = await mkdtemp(path.join(os.tmpdir(), `${prefix}${purpose}-`));
  const lock = takeLifeLock(path.join(directory, lockName));
  let removed: Promise<void> | undefined;
  const remove = async (): Promise<void> => {
    // The lock goes last: killed on the way, this process still leaves what the next one takes for abandoned.
    const others = (await readdir(directory)).filter((name) => name !== lockName);
    await Promise.all(others.map((name) => removeWhole(path.join(directory, name))));
    lock.release();
    await removeWhole(directory);
  };
  return { path: directory, [Symbol.asyncDispose]: () => (removed ??= remove()) };
}

/**
 * Removes temporary directories of this user whose process has died. Those without our lock are not ours; links are never
 * followed. What cannot be removed stays.
 *
 * @param parent where they lie. Default: the system's temporary directory
 * @returns the paths that were removed
 */
export async function removeAbandonedDirectories(
  parent: string = os.tmpdir(),
  now: number = Date.now(),
): Promise<readonly string[]> {
  const names = await readdir(parent).catch(() => []);
  const abandoned = names
    .filter((name) => name.startsWith(prefix))
    .map((name) => path.join(parent, name))
    .filter((directory) => isAbandoned(directory, now));
  const removed = await Promise.allSettled(
    abandoned.map(async (directory) => {
      await removeWhole(directory);
      return directory;
    }),
  );
  return removed.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
}

function isAbandoned(directory: string, now: number): boolean {
  try {
    const found = lstatSync(directory);
    if (!found.isDirectory() || (process.getuid !== undefined && found.uid !== process.getuid()))
      return false;
    const file = path.join(directory, lockName);
    const lock = lstatSync(file);
    return lock.isFile() && now - lock.mtimeMs > graceMilliseconds && !isLifeLockHeld(file);
  } catch {
    // Without a lock, gone meanwhile, or not to be read.
    return false;
  }
}

function removeWhole(place: string): Promise<void> {
  return rm(place, { recursive: true, force: true, maxRetries: 3 });
}
