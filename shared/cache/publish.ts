import { chmodSync, lstatSync, renameSync, utimesSync } from "node:fs";
import path from "node:path";
import { isSimpleTasksError, SimpleTasksError } from "../errors.ts";
import { makeDirectorySync } from "../make-directory.ts";
import type { CacheContext } from "./context.ts";
import type { EntryRow, IndexRows, ObjectName } from "./index-rows.ts";
import { asidePath, foldName, mirroredPath } from "./paths.ts";
import { inspect, sameFile, stampAt } from "./stamp.ts";

/** How far back a published file's modification time is set, so that any later write to it shows; see `stamp.ts`. */
const BACKDATE_SECONDS = 60;

export interface Publication extends ObjectName {
  /** A whole, verified file of ours on the cache's file system; it is moved. */
  readonly file: string;
  readonly etag: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Moves a file into its place and records it, within the caller's transaction. An entry that was there for the object is
 * replaced; whoever has it pinned finds the new one.
 */
export function publish(context: CacheContext, rows: IndexRows, publication: Publication): EntryRow {
  const { layout } = context;
  const { bucket, key, file, etag, bytes, sha256 } = publication;
  settle(file, layout.fileMode);
  const previous = rows.entry({ bucket, key });
  const place = choosePlace(context, rows, publication, previous);
  const target = path.join(layout.directory, place.path);
  if (place.folded === undefined) makeDirectorySync(layout.folded, layout.directoryMode);
  renameSync(file, target);
  if (previous !== undefined && !previous.found && previous.path !== place.path) {
    context.trash.take(previous.path, previous.stamp);
  }
  const stamp = stampAt(layout.directory, place.path);
  if (stamp === undefined)
    throw new SimpleTasksError("io", `${target} vanished from the cache`, { retryable: true });
  const entry = { bucket, key, ...place, found: false, etag, bytes, sha256, stamp, boot: context.boot };
  rows.writeEntry(entry);
  return entry;
}

export interface EntryPlace {
  readonly path: string;
  /** Absent for a place that mirrors no key. */
  readonly folded: string | undefined;
}

/**
 * The place that mirrors the object's key, unless another entry has it or a name that some file system takes for it.
 * The same key of another bucket has to yield it while nobody has it pinned.
 */
export function freeMirror(context: CacheContext, rows: IndexRows, name: ObjectName): EntryPlace | undefined {
  const mirrored = mirroredPath(name.key, context.layout.directory, path);
  if (mirrored === undefined) return undefined;
  const folded = foldName(name.key);
  const holder = rows.entryFoldedTo(folded);
  if (holder !== undefined && !isSame(holder, name)) {
    if (holder.key !== name.key || holder.found || rows.isPinned(holder)) return undefined;
    rows.removeEntry(holder);
    context.trash.take(holder.path, holder.stamp);
  }
  if (rows.entryBelow(folded) !== undefined) return undefined;
  for (let end = folded.indexOf("/"); end !== -1; end = folded.indexOf("/", end + 1)) {
    if (rows.entryFoldedTo(folded.slice(0, end)) !== undefined) return undefined;
  }
  return { path: mirrored, folded };
}

function choosePlace(
  context: CacheContext,
  rows: IndexRows,
  name: ObjectName,
  previous: EntryRow | undefined,
): EntryPlace {
  const { layout } = context;
  const mirror = freeMirror(context, rows, name);
  if (mirror !== undefined) {
    const there = inspect(layout.directory, mirror.path);
    const isOurs =
      there.kind === "file" &&
      previous?.found === false &&
      previous.path === mirror.path &&
      sameFile(there.stamp, previous.stamp);
    // What others put there stays, and ours goes aside.
    if (
      isOurs ||
      (there.kind === "free" && makeFolder(layout.directory, mirror.path, layout.directoryMode))
    ) {
      return mirror;
    }
  }
  return { path: asidePath(name.bucket, name.key, path), folded: undefined };
}

/** Makes the folders above a file; false when something stands in their way or the file system refuses the name. */
function makeFolder(directory: string, relative: string, mode: number): boolean {
  try {
    makeDirectorySync(path.dirname(path.join(directory, relative)), mode);
    return true;
  } catch (error) {
    if (isSimpleTasksError(error, "storage_full")) throw error;
    return false;
  }
}

function settle(file: string, mode: number): void {
  const stats = lstatSync(file);
  if (!stats.isFile())
    throw new SimpleTasksError("io", `${file} is not a regular file; it cannot enter the cache`);
  if ((stats.mode & 0o777) !== mode) chmodSync(file, mode);
  const past = Date.now() / 1000 - BACKDATE_SECONDS;
  utimesSync(file, past, past);
}

function isSame(one: ObjectName, other: ObjectName): boolean {
  return one.bucket === other.bucket && one.key === other.key;
}
