import { constants } from "node:fs";
import { join } from "node:path";
import { SimpleTasksError } from "../../errors.ts";
import type { ObjectInfo, ObjectSource, PutOptions } from "../bucket.ts";
import { showKey } from "../key.ts";
import { objectExists, refuseAborted } from "../refusals.ts";
import type { Target } from "./content.ts";
import { writeContent } from "./content.ts";
import type { Directories } from "./directories.ts";
import type { DurableDirectories } from "./durable-directories.ts";
import { infoOf, modificationClock } from "./etag.ts";
import type { FileOperations } from "./file-operations.ts";
import type { Place, Places } from "./places.ts";
import { isSame, look } from "./places.ts";
import type { Spellings } from "./spelling.ts";
import { keyUnsupported, systemCode, tolerate } from "./system-error.ts";
import { temporaryName } from "./temporary-name.ts";

/** How often a put starts a step again because others keep removing its directory or its target. Far more than ever needed. */
const ROUNDS = 1000;

const NO_HARD_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"];

export interface WriterContext {
  readonly files: FileOperations;
  /** Makes the root again when somebody removed it, or throws. */
  readonly makeRoot: () => Promise<void>;
  readonly places: Places;
  readonly spellings: Spellings;
  readonly directories: Directories;
  readonly durable: DurableDirectories;
  readonly url: string;
}

/**
 * Writes and removes objects of a file bucket.
 *
 * A put writes a temporary file beside the target, fsyncs it, renames it onto the target and fsyncs the directory: readers
 * and power cuts see the old object or the new one. It costs these fsyncs and no other: the file; its directory; and, for each
 * directory that is new to this process, the one above it (`durable-directories.ts` has why).
 */
export function createWriter(context: WriterContext) {
  const { files, makeRoot, places, spellings, directories, durable, url } = context;
  const modificationTime = modificationClock();

  /** @throws `key_unsupported` when something that is no object lies at the place, or the object of another spelling. */
  async function replaceable(place: Place): Promise<"object" | "nothing"> {
    const stats = await places.look(place);
    if (stats === undefined) return "nothing";
    if (stats.isDirectory()) {
      if (await directories.removeHollow(place.path)) return "nothing";
      throw keyUnsupported(url, place.key, `there are objects under ${showKey(`${place.key}/`)}`);
    }
    if (!stats.isFile()) throw keyUnsupported(url, place.key, `${place.path} is no regular file`);
    if (!(await spellings.isExact(place.directory, place.name, stats))) throw folded(place);
    return "object";
  }

  function folded(place: Place): SimpleTasksError {
    return keyUnsupported(
      url,
      place.key,
      "its file system takes the name for that of an object spelled otherwise",
    );
  }

  /** @returns whether the directory is there, @throws when it cannot be made */
  async function directoryIsThere(place: Place): Promise<boolean> {
    const way = await places.way(place);
    if (way === "folded") throw folded(place);
    if (way === "blocked") throw blocked(place);
    return way === "there";
  }

  function blocked(place: Place): SimpleTasksError {
    return keyUnsupported(url, place.key, "what would be a directory on the way to it is an object");
  }

  async function makeTemporary(place: Place): Promise<Target> {
    const { O_CREAT, O_EXCL, O_RDWR, O_NOFOLLOW } = constants;
    for (let round = 0; round < ROUNDS; round++) {
      if (!(await directoryIsThere(place))) {
        await makeRoot();
        await directories.makeBelow(place.directories);
        continue;
      }
      if (!(await spellings.areExact(place.directories))) {
        if (await directoryIsThere(place)) throw folded(place);
        continue;
      }
      const path = join(place.directory, temporaryName());
      try {
        return { handle: await files.open(path, O_CREAT | O_EXCL | O_RDWR | (O_NOFOLLOW ?? 0), 0o666), path };
      } catch (error) {
        const code = systemCode(error);
        if (code === "ENOTDIR") throw blocked(place);
        // A delete that emptied the directory removed it; it is made again.
        if (code !== "ENOENT") throw error;
      }
    }
    throw disturbed(place);
  }

  function disturbed(place: Place): SimpleTasksError {
    const message = `Could not store ${showKey(place.key)} in ${url}: others keep changing its place.`;
    return new SimpleTasksError("io", message, { retryable: true, about: { bucket: url, key: place.key } });
  }

  /** Whether the temporary file still lies where it was made, with no link on the way. */
  async function isInPlace(place: Place, { handle, path }: Target): Promise<boolean> {
    if ((await places.way(place)) !== "there") return false;
    const stats = await look(files, path);
    return stats !== undefined && isSame(stats, await handle.stat());
  }

  /** Gives the temporary file its name. */
  async function commit(place: Place, target: Target, onlyIfAbsent: boolean): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      if (!(await isInPlace(place, target))) throw disturbed(place);
      const found = await replaceable(place);
      if (found === "object" && onlyIfAbsent) throw objectExists(url, place.key);
      // A name may be another object's only where names are folded: unless that is ruled out, nothing may be overwritten.
      if (found === "nothing" && (onlyIfAbsent || !spellings.isKnownKept(place.directory, place.name))) {
        const outcome = await linkInto(place, target);
        if (outcome === "done") return;
        if (outcome === "exists") continue;
        if (onlyIfAbsent) throw noHardLinks(place);
      }
      if (
        typeof (await tolerate(files.rename(target.path, place.path), "EISDIR", "ENOTEMPTY", "EEXIST")) !==
        "string"
      )
        return;
    }
    throw disturbed(place);
  }

  /** Creates the object's name as a second one of the temporary file, which fails when there is an object; then removes the first. */
  async function linkInto(place: Place, target: Target): Promise<"done" | "exists" | "impossible"> {
    const code = await tolerate(files.link(target.path, place.path), "EEXIST", ...NO_HARD_LINKS);
    if (code !== undefined && code !== "EEXIST") return "impossible";
    const stats = await look(files, place.path);
    // A network file system may repeat a request that had succeeded, and then reports that the name exists.
    if (code === "EEXIST" && (stats === undefined || !isSame(stats, await target.handle.stat())))
      return "exists";
    await files.unlink(target.path);
    if (stats !== undefined) await spellings.isExact(place.directory, place.name, stats);
    return "done";
  }

  function noHardLinks(place: Place): SimpleTasksError {
    const message = `Cannot store ${showKey(place.key)} in ${url} only if it is absent: its file system has no hard links.`;
    return new SimpleTasksError("not_supported", message, {
      hint: "Put the bucket on a file system that has them.",
      about: { bucket: url, key: place.key },
    });
  }

  async function write(
    place: Place,
    target: Target,
    source: ObjectSource,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const bytes = await writeContent(files, target, source, signal);
    refuseAborted(signal);
    const time = modificationTime();
    await target.handle.utimes(time, time);
    await target.handle.sync();
    const { size } = await target.handle.stat();
    if (Number(size) === bytes) return;
    const message = `${bytes} bytes were to be stored as ${showKey(place.key)} in ${url}, but the file has ${size}.`;
    throw new SimpleTasksError("transfer_corrupt", message, {
      retryable: true,
      about: { bucket: url, key: place.key },
    });
  }

  return {
    async put(
      place: Place,
      source: ObjectSource,
      { onlyIfAbsent = false, signal }: PutOptions,
    ): Promise<ObjectInfo> {
      if (place.refusal !== undefined) throw keyUnsupported(url, place.key, place.refusal);
      const target = await makeTemporary(place);
      let committed = false;
      try {
        // Looked at first as well, so that no large object is written for nothing.
        if ((await replaceable(place)) === "object" && onlyIfAbsent) throw objectExists(url, place.key);
        await write(place, target, source, signal);
        refuseAborted(signal);
        await commit(place, target, onlyIfAbsent);
        committed = true;
        const info = infoOf(place.key, await target.handle.stat());
        if (await durable.settle(place.directories)) await directories.sweep(place.directory);
        return info;
      } finally {
        await target.handle.close();
        if (!committed) await files.unlink(target.path).catch(() => {});
      }
    },

    /**
     * Removes the file of an object that was found, the directories that are empty then, and makes that durable. There is no call
     * that removes a file only if no link leads to it: who exchanges a directory for a link between the look and this can have a
     * file of the same name removed elsewhere, where the daemon's user may.
     */
    async delete(place: Place): Promise<void> {
      if ((await tolerate(files.unlink(place.path), "ENOENT")) === "ENOENT") return;
      await durable.settle(await directories.removeEmpty(place.directories));
    },
  };
}
