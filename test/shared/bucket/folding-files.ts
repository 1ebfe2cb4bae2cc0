import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { FileOperations } from "../../../shared/bucket/file/file-operations.ts";
import { fileSystem } from "../../../shared/bucket/file/file-operations.ts";

/** What a file system folds, and whether its realpath tells how a name is spelled on the disk. */
export interface Folding {
  readonly fold: (name: string) => string;
  readonly realpathTells: boolean;
}

export const foldings: Readonly<Record<string, Folding>> = {
  "as macOS and Windows": { fold: (name) => name.normalize("NFD").toLowerCase(), realpathTells: true },
  "as Linux with casefold": { fold: (name) => name.normalize("NFD").toLowerCase(), realpathTells: false },
};

/** The real file system below `root`, made to take names for each other that fold to the same, as file systems do: new names are kept as they were given. */
export function foldingFiles(root: string, { fold, realpathTells }: Folding): FileOperations {
  /** The path by which the disk has what `path` means. */
  function onDisk(path: string): string {
    if (path === root || !path.startsWith(root)) return path;
    const directory = onDisk(dirname(path));
    return join(directory, spelled(directory, basename(path)));
  }

  function spelled(directory: string, name: string): string {
    try {
      return readdirSync(directory).find((entry) => fold(entry) === fold(name)) ?? name;
    } catch {
      return name;
    }
  }

  // A name is looked up and used in one step, as a kernel does: one operation at a time.
  let last: Promise<unknown> = Promise.resolve();
  function alone<Result>(operation: () => Promise<Result>): Promise<Result> {
    const run = last.then(operation, operation);
    last = run;
    return run;
  }

  return {
    open: (path, flags, mode) => alone(() => fileSystem.open(onDisk(path), flags, mode)),
    lstat: (path) => alone(() => fileSystem.lstat(onDisk(path))),
    realpath: (path) =>
      alone(async () => {
        const real = await fileSystem.realpath(onDisk(path));
        return realpathTells ? real : path;
      }),
    readdir: (path) => alone(() => fileSystem.readdir(onDisk(path))),
    mkdir: (path) => alone(() => fileSystem.mkdir(onDisk(path))),
    rmdir: (path) => alone(() => fileSystem.rmdir(onDisk(path))),
    rename: (from, to) => alone(() => fileSystem.rename(onDisk(from), onDisk(to))),
    link: (existing, path) => alone(() => fileSystem.link(onDisk(existing), onDisk(path))),
    unlink: (path) => alone(() => fileSystem.unlink(onDisk(path))),
    copyFile: (from, to, mode) => alone(() => fileSystem.copyFile(from, onDisk(to), mode)),
  };
}
