import type { BigIntStats } from "node:fs";
import { isAbsolute, join, sep } from "node:path";
import { SimpleTasksError } from "../../errors.ts";
import { showKey, validateKey } from "../key.ts";
import { windowsRefusal } from "../windows-names.ts";
import type { FileOperations } from "./file-operations.ts";
import { keyUnsupported, systemCode, tolerate } from "./system-error.ts";
import { isTemporaryName } from "./temporary-name.ts";

/** Where the file of a key lies. */
export interface Place {
  readonly key: string;
  /** The directories from the bucket's root, itself included, down to the file's own. */
  readonly directories: readonly string[];
  readonly directory: string;
  readonly name: string;
  readonly path: string;
  /** Why no file system, or this one, holds such a name; then there is no such object, and none can be put. */
  readonly refusal: string | undefined;
}

/** `absent`: a directory on the way is missing. `blocked`: one is no directory. `folded`: the way there is spelled otherwise on the disk. */
export type Way = "there" | "absent" | "blocked" | "folded";

/** Most bytes in one part of a path, on every file system in use. */
const PART_BYTES = 255;

/**
 * Maps keys to paths under `root`, a real path, and sees to it that no symbolic link is on the way.
 *
 * A bucket follows no symbolic link below its root: one that leads out would open the machine to whoever names keys, and one that
 * leads elsewhere inside would make two keys one object. The check is made after a file was opened, against the file
 * itself (`isSame`), so that exchanging a directory for a link at the right moment gains nothing.
 */
export function createPlaces(files: FileOperations, root: string, url: string, windows: boolean) {
  async function refuseLink(path: string, key: string): Promise<never> {
    const target = await files.realpath(path).catch(() => "");
    if (target.startsWith(root.endsWith(sep) ? root : root + sep)) {
      throw keyUnsupported(url, key, `${path} is a symbolic link, and a file bucket follows none`);
    }
    throw new SimpleTasksError(
      "key_invalid",
      `The key ${showKey(key)} is refused: the symbolic link ${path} leads out of ${url}.`,
      {
        hint: "Put the files themselves into the bucket, or open the bucket at the place that the link leads to.",
        about: { bucket: url, key },
      },
    );
  }

  return {
    /** @throws `key_invalid` */
    of(key: string): Place {
      validateKey(key);
      const directories = [root];
      const parts = key.split("/");
      const name = parts.pop() ?? "";
      let directory = root;
      for (const part of parts) directories.push((directory = join(directory, part)));
      return {
        key,
        directories,
        directory,
        name,
        path: join(directory, name),
        refusal: refusal(key, windows),
      };
    },

    /**
     * Looks at the way to the file's directory.
     * @throws `key_invalid` or `key_unsupported` when a symbolic link is on it.
     */
    async way(place: Place): Promise<Way> {
      const real = await tolerate(
        files.realpath(place.directory),
        "ENOENT",
        "ENOTDIR",
        "ELOOP",
        "ENAMETOOLONG",
      );
      if (real === place.directory) return "there";
      for (const directory of place.directories.slice(1)) {
        const stats = await look(files, directory);
        if (stats === undefined) return "absent";
        if (stats.isSymbolicLink()) return refuseLink(directory, place.key);
        if (!stats.isDirectory()) return "blocked";
      }
      return isAbsolute(real) ? "folded" : "absent";
    },

    /** What lies at the place itself, or undefined. @throws as `way` does, also for a link at the place. */
    async look(place: Place): Promise<BigIntStats | undefined> {
      const stats = await look(files, place.path);
      return stats?.isSymbolicLink() === true ? refuseLink(place.path, place.key) : stats;
    },
  };
}

export type Places = ReturnType<typeof createPlaces>;

/** What lies at a path, links not followed; undefined when nothing does. */
export async function look(files: FileOperations, path: string): Promise<BigIntStats | undefined> {
  try {
    return await files.lstat(path);
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return undefined;
    throw error;
  }
}

export function isSame(a: BigIntStats, b: BigIntStats): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

function refusal(key: string, windows: boolean): string | undefined {
  for (const part of key.split("/")) {
    if (isTemporaryName(part))
      return `the name ${JSON.stringify(part)} is kept for files that are still being written`;
    const bytes = Buffer.byteLength(part);
    if (bytes > PART_BYTES)
      return `a part of it has ${bytes} bytes, and a file name has at most ${PART_BYTES}`;
  }
  return windows ? windowsRefusal(key) : undefined;
}
