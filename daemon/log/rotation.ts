import { existsSync } from "node:fs";
import { readdir, rename, unlink } from "node:fs/promises";
import path from "node:path";

/**
 * Moves a log file aside, as `NAME.TIME-PID.log`, and removes the oldest ones beyond `keep`.
 *
 * Any number of processes may do so at once without a lock: a move is one rename to a name that no other process gives. At
 * worst one of them moves the young file that another has just begun; no line is lost by that.
 */
export async function rotate(file: string, keep: number, now: number): Promise<void> {
  let target = nameAside(file, now);
  for (let later = now + 1; existsSync(target); later += 1) target = nameAside(file, later);
  await rename(file, target).catch(unlessMissing);
  await prune(file, keep);
}

/** Removes the oldest of the files that were moved aside, beyond `keep`. */
export async function prune(file: string, keep: number): Promise<void> {
  const directory = path.dirname(file);
  const prefix = `${path.basename(stem(file))}.`;
  const aside = (await readdir(directory))
    .filter((name) => name.startsWith(prefix) && /^\d{8}T\d{9}Z-\d+\.log$/.test(name.slice(prefix.length)))
    .toSorted();
  const old = aside.slice(0, Math.max(0, aside.length - keep));
  await Promise.all(old.map((name) => unlink(path.join(directory, name)).catch(unlessMissing)));
}

function nameAside(file: string, time: number): string {
  const shown = new Date(time).toISOString().replaceAll(/[-:.]/g, "");
  return `${stem(file)}.${shown}-${process.pid}.log`;
}

function stem(file: string): string {
  return file.slice(0, -path.extname(file).length);
}

/** Another process was faster. */
function unlessMissing(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
}
