import { constants } from "node:fs";
import { dirname } from "node:path";
import { boundedMap } from "./bounded-map.ts";
import type { FileOperations } from "./file-operations.ts";
import { systemCode } from "./system-error.ts";

/**
 * Makes changes of directories durable.
 *
 * An entry outlives a power cut once its directory was fsynced after the change, that directory's own entry once *its*
 * directory was, and so on up to a directory that is known to be durable. Whoever made a directory may not have fsynced its
 * parent yet, so a directory that this process has not seen durable counts as new, whoever made it. A directory that was
 * removed and made again is another one: it is known by inode and birth time, not by its path. Nothing above it needs
 * a look then, because a directory that is not empty cannot have been removed.
 */
export function createDurableDirectories(files: FileOperations, windows: boolean) {
  const durable = boundedMap<string, string>(20_000);
  const running = new Map<string, Promise<string | undefined>>();
  const waiting = new Map<string, Promise<string | undefined>>();

  /** Fsyncs a directory; resolves to which one it was, or undefined when it is gone. */
  async function fsync(directory: string): Promise<string | undefined> {
    // Windows cannot fsync a directory; NTFS journals the change by itself.
    if (windows) return "";
    let handle;
    try {
      handle = await files.open(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    } catch (error) {
      if (systemCode(error) === "ENOENT") return undefined;
      throw error;
    }
    try {
      const { dev, ino, birthtimeNs } = await handle.stat();
      await handle.sync();
      return `${dev} ${ino} ${birthtimeNs}`;
    } catch (error) {
      // Some network and user-space file systems have no such call: there is nothing more to be done on them.
      const code = systemCode(error);
      if (code === "EINVAL" || code === "ENOTSUP" || code === "ENOSYS") return "";
      throw error;
    } finally {
      await handle.close();
    }
  }

  function start(directory: string): Promise<string | undefined> {
    const run = fsync(directory).finally(() => {
      running.delete(directory);
    });
    running.set(directory, run);
    return run;
  }

  /** Puts that wait for the same directory share one fsync, which begins after the last of them made its change. */
  function shared(directory: string): Promise<string | undefined> {
    const queued = waiting.get(directory);
    if (queued !== undefined) return queued;
    const current = running.get(directory);
    if (current === undefined) return start(directory);
    const begin = (): Promise<string | undefined> => {
      waiting.delete(directory);
      return start(directory);
    };
    const next = current.then(begin, begin);
    waiting.set(directory, next);
    return next;
  }

  async function settleEntry(directory: string): Promise<void> {
    try {
      await shared(dirname(directory));
    } catch (error) {
      const code = systemCode(error);
      if (code !== "EACCES" && code !== "EPERM") throw error;
    }
  }

  return {
    /**
     * Resolves when what changed in the last of `directories` before the call is durable.
     * @param directories from the bucket's root down
     * @returns whether the last directory was new to this process
     */
    async settle(directories: readonly string[]): Promise<boolean> {
      const fresh: { readonly directory: string; readonly identity: string }[] = [];
      for (const directory of directories.toReversed()) {
        const identity = await shared(directory);
        // Undefined: somebody removed it since, and with it all that was put there.
        if (identity === undefined || durable.get(directory) === identity) break;
        fresh.push({ directory, identity });
      }
      const highest = fresh.at(-1)?.directory;
      if (highest !== undefined && highest === directories[0]) await settleEntry(highest);
      for (const { directory, identity } of fresh) durable.set(directory, identity);
      return fresh.length > 0;
    },

    /** Makes the entry of `directory` in the one above it durable, where this user may open that. */
    settleEntry,
  };
}

export type DurableDirectories = ReturnType<typeof createDurableDirectories>;
