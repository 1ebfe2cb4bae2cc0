import { dirname, join } from "node:path";
import type { DurableDirectories } from "./durable-directories.ts";
import type { FileOperations } from "./file-operations.ts";
import { look } from "./places.ts";
import { systemCode, tolerate } from "./system-error.ts";
import { isAbandoned, isTemporaryName } from "./temporary-name.ts";

/** Makes and removes the directories of a file bucket. */
export function createDirectories(files: FileOperations, durable: DurableDirectories) {
  /** Removes a temporary file whose writer is gone. Cleaning up is a favour: what fails is left to the next. */
  async function removeIfAbandoned(path: string, name: string): Promise<boolean> {
    try {
      const { mtimeMs } = await files.lstat(path);
      if (!isAbandoned(name, Number(mtimeMs))) return false;
      await files.unlink(path);
      return true;
    } catch {
      return false;
    }
  }

  /** @param tries how often the directory above may be there and yet this one not be makeable: somebody removes it meanwhile, or it is a link to nothing */
  async function make(directory: string, tries = 3): Promise<void> {
    const code = await tolerate(files.mkdir(directory), "EEXIST", "ENOENT");
    if (code === "EEXIST") return;
    if (code === "ENOENT") {
      if (dirname(directory) === directory || tries === 0) throw new Error(`${directory} cannot be made`);
      await make(dirname(directory));
      return make(directory, tries - 1);
    }
    await durable.settleEntry(directory);
  }

  async function removeHollow(directory: string): Promise<boolean> {
    const entries = await tolerate(files.readdir(directory), "ENOENT", "ENOTDIR");
    if (typeof entries === "string") return true;
    for (const entry of entries) {
      const path = join(directory, entry.name);
      const removed = entry.isDirectory()
        ? await removeHollow(path)
        : isTemporaryName(entry.name) && (await removeIfAbandoned(path, entry.name));
      if (!removed) return false;
    }
    const code = await tolerate(files.rmdir(directory), "ENOENT", "ENOTEMPTY", "EEXIST");
    return code === undefined || code === "ENOENT";
  }

  return {
    /** Removes a temporary file if its writer is gone; tells whether it did. */
    removeIfAbandoned,

    /** Removes a directory in which there is no object, only directories without objects; false when there is one. */
    removeHollow,

    /** Makes a directory and those above it, all durably. */
    make,

    /**
     * Makes the directories of a place below the root, which exists. Returns early when one is being removed meanwhile or
     * something else lies there: the caller looks again. Making them durable is left to the put.
     */
    async makeBelow(directories: readonly string[]): Promise<void> {
      for (const directory of directories.slice(1)) {
        const stats = await look(files, directory);
        if (stats?.isDirectory() === true) continue;
        if (stats !== undefined) return;
        if ((await tolerate(files.mkdir(directory), "EEXIST", "ENOENT", "ENOTDIR")) === "ENOENT") return;
      }
    },

    /** Removes those of `directories`, from the last one up, that are empty; never the first. Returns what is left. */
    async removeEmpty(directories: readonly string[]): Promise<readonly string[]> {
      const left = [...directories];
      for (let last = left.at(-1); last !== undefined && left.length > 1; last = left.at(-1)) {
        try {
          await files.rmdir(last);
        } catch (error) {
          // Anything else is a reason to leave it: not empty, not ours, a mount point.
          if (systemCode(error) !== "ENOENT") break;
        }
        left.pop();
      }
      return left;
    },

    /** Removes what dead writers left in one directory. */
    async sweep(directory: string): Promise<void> {
      const entries = await tolerate(files.readdir(directory), "ENOENT", "ENOTDIR", "EACCES");
      if (typeof entries === "string") return;
      for (const { name } of entries) {
        if (isTemporaryName(name)) await removeIfAbandoned(join(directory, name), name);
      }
    },
  };
}

export type Directories = ReturnType<typeof createDirectories>;
