import type { Bucket, ObjectInfo } from "../../../shared/bucket/bucket.ts";
import { isReservedKey, showKey, validateKey } from "../../../shared/bucket/key.ts";
import { objectsWith } from "../../../shared/bucket/walk.ts";
import { SimpleTasksError } from "../../../shared/errors.ts";
import { settingsOf, type Call } from "../call.ts";
import { counted } from "../format.ts";
import { openProgress } from "../progress.ts";
import { checkKey } from "./open.ts";

/**
 * What the keys in a folder begin with: its key and a slash, for the whole bucket nothing. It may be named with or without
 * its slash; a variable that is empty by mistake must not name the whole bucket.
 * @throws `usage`, `key_invalid`
 */
export function folderOf(typed: string): string {
  if (typed === "/") return "";
  if (typed === "") {
    throw new SimpleTasksError("usage", "no folder is named", {
      hint: "For every object of the bucket write / as the folder.",
    });
  }
  const folder = typed.replace(/\/$/, "");
  validateKey(folder);
  if (isReservedKey(folder)) checkKey(folder);
  return `${folder}/`;
}

/** Objects of a folder, and their bytes together. */
export interface Found {
  readonly bucket: Bucket;
  readonly objects: readonly ObjectInfo[];
  readonly bytes: number;
}

/**
 * Every object in a folder, but what SimpleTasks keeps to itself.
 * @param bucket undefined where none is made yet
 * @param purpose for the sentence that there is nothing to …
 * @throws `object_missing` when there is none
 */
export async function objectsIn(
  bucket: Bucket | undefined,
  folder: string,
  call: Call,
  purpose: string,
): Promise<Found> {
  const progress = openProgress(call.terminal);
  const objects: ObjectInfo[] = [];
  let bytes = 0;
  if (bucket !== undefined) {
    for await (const object of objectsWith(bucket, folder, call.signals.signal)) {
      if (isReservedKey(object.key)) continue;
      objects.push(object);
      bytes += object.bytes;
      progress(() => `found ${counted(objects.length, "object")}`);
    }
    if (objects.length > 0) return { bucket, objects, bytes };
  }
  const where = folder === "" ? "in" : `under ${showKey(folder)} in`;
  throw new SimpleTasksError(
    "object_missing",
    `there is nothing to ${purpose} ${where} ${settingsOf(call).bucket}`,
    { hint: "simpletasks bucket ls shows what there is." },
  );
}
