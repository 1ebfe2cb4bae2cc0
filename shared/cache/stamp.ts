import { type BigIntStats, lstatSync, realpathSync } from "node:fs";
import path from "node:path";
import { SimpleTasksError } from "../errors.ts";

/**
 * What the file system says of a file without reading it. Equal stamps mean that nobody wrote to the file since: writing
 * changes its times, and a file put in its place has another inode. That holds only for a file whose modification lies
 * at least {@link TICK_MILLISECONDS} in the past when it is read: file systems' clocks tick coarsely, and a second write
 * in the same tick would not show.
 */
export type Stamp = string;

/** Longer than a tick of the clock that file times are taken from (Linux: 1 to 10 ms). */
export const TICK_MILLISECONDS = 20;

export function stampOf(stats: BigIntStats): Stamp {
  return `${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
}

/** Whether both stamps are of one file, changed or not. */
export function sameFile(one: Stamp, other: Stamp): boolean {
  return one.slice(0, one.indexOf(":")) === other.slice(0, other.indexOf(":"));
}

export type Place =
  /** Nothing has that name, and every folder above that exists is a real one. */
  | { readonly kind: "free" }
  | { readonly kind: "file"; readonly stamp: Stamp; readonly stats: BigIntStats }
  /** A directory, a device, or a link or file where a folder should be: no place for a file of ours. */
  | { readonly kind: "taken" };

/**
 * What stands at `relative` in `directory`. No symbolic link is followed: one that stays inside makes the place
 * `taken`, since the file would have two names.
 * @throws `key_invalid` when a link on the way leads out of the directory.
 */
export function inspect(directory: string, relative: string): Place {
  try {
    return walk(directory, relative);
  } catch (error) {
    // The file system cannot hold such a name (some allow less than 255 bytes, some only UTF-8).
    if (isUnholdable(error)) return { kind: "taken" };
    throw error;
  }
}

/** The file's stamp, or undefined when no regular file is there. */
export function stampAt(directory: string, relative: string): Stamp | undefined {
  const place = inspect(directory, relative);
  return place.kind === "file" ? place.stamp : undefined;
}

function walk(directory: string, relative: string): Place {
  let end = relative.indexOf(path.sep);
  while (end !== -1) {
    const folder = path.join(directory, relative.slice(0, end));
    const stats = lstatSync(folder, { throwIfNoEntry: false });
    if (stats === undefined) return { kind: "free" };
    if (stats.isSymbolicLink()) refuseEscape(directory, folder);
    if (!stats.isDirectory()) return { kind: "taken" };
    end = relative.indexOf(path.sep, end + 1);
  }
  const file = path.join(directory, relative);
  const stats = lstatSync(file, { throwIfNoEntry: false, bigint: true });
  if (stats === undefined) return { kind: "free" };
  if (stats.isSymbolicLink()) refuseEscape(directory, file);
  return stats.isFile() ? { kind: "file", stamp: stampOf(stats), stats } : { kind: "taken" };
}

function isUnholdable(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENAMETOOLONG" || code === "EINVAL" || code === "EILSEQ";
}

function refuseEscape(directory: string, link: string): void {
  let target: string;
  try {
    target = realpathSync(link);
  } catch {
    target = "nowhere";
  }
  if (target.startsWith(directory + path.sep)) return;
  const name = path.relative(directory, link);
  throw new SimpleTasksError(
    "key_invalid",
    `"${name}" in the cache is a link that leads out of it (to ${target})`,
    {
      hint: `remove the link ${link}`,
      about: { cache: directory, link: name },
    },
  );
}
