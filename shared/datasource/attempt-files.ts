import { copyFile, lstat, realpath, rename, rm, rmdir, unlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { asSimpleTasksError, messageOf } from "../errors.ts";
import { makeDirectory } from "../make-directory.ts";
import type { PutValue } from "./datasource.ts";

/**
 * The files of one attempt: private copies and staged values, in a directory that is made with the first of them. Making
 * this object touches no disk.
 */
export interface AttemptFiles {
  readonly directory: string;
  /** A path for a value that is to be staged. */
  forStaging(): Promise<string>;
  /** A path for a private copy of an object; it ends in the object's own name, or in the end of a long one. */
  forCopy(key: string): Promise<string>;
  /** Writes, copies or moves a value to a staging path. */
  write(value: PutValue, signal: AbortSignal | undefined): Promise<string>;
  /** Removes everything. */
  remove(): Promise<void>;
}

/** @param scratch the directory in which files lie that may be moved instead of copied */
export function createAttemptFiles(directory: string, scratch: string | undefined): AttemptFiles {
  const made: string[] = [];
  let folder: Promise<unknown> | undefined;

  async function next(name: string): Promise<string> {
    const file = path.join(directory, `${made.length}-${name}`);
    made.push(file);
    await (folder ??= makeDirectory(directory, 0o700));
    return file;
  }

  return {
    directory,
    forStaging: () => next("put"),
    forCopy: (key) => next(fileNameOf(key)),
    async write(value, signal) {
      const target = await next("put");
      try {
        if (typeof value === "string" || value instanceof Uint8Array) {
          await writeFile(target, value, { flag: "wx", mode: 0o600, ...(signal && { signal }) });
        } else if (scratch !== undefined && (await mayBeMoved(value.file, scratch))) {
          await rename(value.file, target);
        } else {
          await copyFile(value.file, target);
        }
      } catch (error) {
        throw asSimpleTasksError(error, "io", `a value cannot be staged: ${messageOf(error)}`);
      }
      return target;
    },
    async remove() {
      if (folder === undefined) return;
      await folder.catch(() => {});
      folder = undefined;
      // Most of the time nothing else is there: asking what is costs as much as removing it.
      await Promise.allSettled(made.splice(0).map((file) => unlink(file)));
      await rmdir(directory).catch(() => rm(directory, { recursive: true, force: true, maxRetries: 3 }));
    },
  };
}

/** Only what the task can reach by no other name once it is moved: no link, no second name, inside the scratch directory. */
async function mayBeMoved(file: string, scratch: string): Promise<boolean> {
  const stats = await lstat(file);
  if (!stats.isFile() || stats.nlink !== 1) return false;
  try {
    const [from, within] = await Promise.all([realpath(file), realpath(scratch)]);
    return from.startsWith(within + path.sep);
  } catch {
    return false; // there is no scratch directory
  }
}

const NAME_BYTES = 120;

function fileNameOf(key: string): string {
  const last = key.slice(key.lastIndexOf("/") + 1);
  const name = process.platform === "win32" ? last.replaceAll(/[^\w.-]/g, "_") : last;
  if (Buffer.byteLength(name) <= NAME_BYTES) return name;
  let end = name.slice(-NAME_BYTES);
  while (Buffer.byteLength(end) > NAME_BYTES || !end.isWellFormed()) end = end.slice(1);
  return end;
}
