import { constants, lstatSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import path from "node:path";
import type { Bucket } from "../bucket/bucket.ts";
import { showKey } from "../bucket/key.ts";
import { SimpleTasksError } from "../errors.ts";
import type { Pin } from "./cache.ts";
import { intactEntry } from "./claim.ts";
import type { CacheContext } from "./context.ts";
import type { EntryRow } from "./index-rows.ts";
import type { Obtained } from "./obtain.ts";
import { type Stamp, stampOf } from "./stamp.ts";

/** How often a copy is begun anew because the entry changed under it, before that is an error. */
const COPIES = 5;

/**
 * @param obtained what was found; the pin is held once for this one
 * @param renew brings the entry back after somebody dropped or damaged it; the pin is held meanwhile
 */
export function createPin(
  context: CacheContext,
  bucket: Bucket,
  { entry, way }: Obtained,
  renew: () => Promise<void>,
): Pin {
  const { index, layout, pins } = context;
  const { key } = entry;
  const name = { bucket: bucket.url, key };
  let released = false;

  function release(): void {
    if (released) return;
    released = true;
    pins.release(name);
  }

  function current(): EntryRow | undefined {
    return index.read((rows) => intactEntry(context, rows, name));
  }

  async function copyTo(target: string): Promise<void> {
    for (let copies = 0; copies < COPIES; copies++) {
      if (released) throw new SimpleTasksError("closed", `the pin on ${showKey(key)} was released`);
      const before = current();
      if (before === undefined) {
        await renew();
        continue;
      }
      const file = path.join(layout.directory, before.path);
      try {
        await copyFile(file, target, constants.COPYFILE_FICLONE);
      } catch (error) {
        if (isUnchanged(file, before.stamp)) throw error; // it is the target that fails
        continue;
      }
      // Unchanged afterwards: what was copied is what was recorded.
      if (isUnchanged(file, before.stamp)) return;
    }
    throw new SimpleTasksError(
      "object_changed",
      `${showKey(key)} changed again and again while it was copied`,
      {
        retryable: true,
        about: { bucket: bucket.url, key },
      },
    );
  }

  return {
    key,
    path: path.join(layout.directory, entry.path),
    bytes: entry.bytes,
    etag: entry.etag,
    hit: way === "hit",
    copyTo,
    release,
    [Symbol.dispose]: release,
  };
}

function isUnchanged(file: string, recorded: Stamp): boolean {
  const stats = lstatSync(file, { bigint: true, throwIfNoEntry: false });
  return stats !== undefined && stampOf(stats) === recorded;
}
