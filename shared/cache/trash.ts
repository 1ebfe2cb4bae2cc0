import { renameSync, rmdirSync } from "node:fs";
import { unlink } from "node:fs/promises";
import path from "node:path";
import { isSimpleTasksError } from "../errors.ts";
import { makeDirectorySync } from "../make-directory.ts";
import { PRIVATE_DIRECTORY } from "./paths.ts";
import { sameFile, type Stamp, stampAt } from "./stamp.ts";

/**
 * Takes files out of the cache. They leave their place by rename, inside the transaction that forgets them, so that
 * nothing put there afterwards is hit; they are deleted outside of it, since deleting a large file takes long.
 */
export interface Trash {
  /**
   * Moves the file away if it is still the one recorded, changed or not; another file in its place is not ours. Folders
   * that this leaves empty go with it.
   */
  take(relative: string, recorded: Stamp): void;
  /** Takes a file of this owner's that never became an entry. */
  discard(file: string): void;
  /** Deletes what was taken. */
  empty(): Promise<void>;
}

/** @param folder where files wait for their deletion, on the cache's file system; what is left there dies with its owner */
export function createTrash(directory: string, folder: string): Trash {
  let taken: string[] = [];
  let count = 0;

  function take(relative: string, recorded: Stamp): void {
    const there = stampInside(directory, relative);
    if (there === undefined || !sameFile(there, recorded)) return;
    const file = path.join(directory, relative);
    const target = path.join(folder, `gone-${count++}`);
    try {
      renameSync(file, target);
    } catch {
      makeDirectorySync(folder);
      renameSync(file, target);
    }
    taken.push(target);
    removeEmptyFolders(directory, path.dirname(relative));
  }

  return {
    take,
    discard: (file) => void taken.push(file),
    async empty() {
      const files = taken;
      taken = [];
      // One that is gone already, or that the system holds on to, is removed with its owner's folder.
      await Promise.allSettled(files.map((file) => unlink(file)));
    },
  };
}

/** What somebody's link leads to is not ours to take. */
function stampInside(directory: string, relative: string): Stamp | undefined {
  try {
    return stampAt(directory, relative);
  } catch (error) {
    if (isSimpleTasksError(error, "key_invalid")) return undefined;
    throw error;
  }
}

function removeEmptyFolders(directory: string, relative: string): void {
  if (relative.startsWith(PRIVATE_DIRECTORY)) return;
  for (let folder = relative; folder !== "."; folder = path.dirname(folder)) {
    try {
      rmdirSync(path.join(directory, folder));
    } catch {
      return; // it is not empty
    }
  }
}
