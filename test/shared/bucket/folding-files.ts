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

  return {
    open: (path, flags, mode) => fileSystem.open(onDisk(path), flags, mode),
    lstat: (path) => fileSystem.lstat(onDisk(path)),
    realpath: async (path) => {
      const real = await fileSystem.realpath(onDisk(path));
      return realpathTells ? real : path;
    },
    readdir: (path) => fileSystem.readdir(onDisk(path)),
    mkdir: (path) => fileSystem.mkdir(onDisk(path)),
    rmdir: (path) => fileSystem.rmdir(onDisk(path)),
    rename: (from, to) => fileSystem.rename(onDisk(from), onDisk(to)),
    link: (existing, path) => fileSystem.link(onDisk(existing), onDisk(path)),
    unlink: (path) => fileSystem.unlink(onDisk(path)),
    copyFile: (from, to, mode) => fileSystem.copyFile(from, onDisk(to), mode),
  };
}
