import type { BigIntStats, Dirent } from "node:fs";
import { join } from "node:path";
import { isSimpleTasksError } from "../../errors.ts";
import type { ListOptions, ObjectInfo, ObjectPage } from "../bucket.ts";
import { compareKeys, validateKey } from "../key.ts";
import { pageLength, refuseAborted } from "../refusals.ts";
import type { Directories } from "./directories.ts";
import { infoOf } from "./etag.ts";
import type { FileOperations } from "./file-operations.ts";
import { look } from "./places.ts";
import type { Spellings } from "./spelling.ts";
import { tolerate } from "./system-error.ts";
import { isTemporaryName } from "./temporary-name.ts";

/** Files looked at together. */
const AT_ONCE = 16;

/** Directories with more names than this are worth remembering between two pages. */
const LARGE = 1000;

/** Milliseconds that a directory must have been left alone for its names to be remembered: more than clocks of file systems are coarse. */
const SETTLED_AFTER = 3000;

export interface ListerContext {
  readonly files: FileOperations;
  readonly root: string;
  readonly spellings: Spellings;
  readonly directories: Directories;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Lists a file bucket in the order of whole keys. A directory sorts as its name and a slash, because so do all keys
 * under it (`a-b` comes before `a/b`, which comes before `a0`); so one directory is read at a time, and only those in which the page lies.
 */
export function createLister({ files, root, spellings, directories, now }: ListerContext) {
  const remembered = new Map<string, { readonly stamp: string; readonly names: readonly string[] }>();

  /** The names of a directory in the order of keys; those of directories end in a slash. */
  async function namesIn(directory: string): Promise<readonly string[]> {
    const stats = await look(files, directory);
    // Not a directory any more, or a link by now: it holds no objects.
    if (stats?.isDirectory() !== true || (await tolerate(files.realpath(directory), "ENOENT")) !== directory)
      return [];
    const stamp = `${stats.ino} ${stats.mtimeNs} ${stats.ctimeNs}`;
    const known = remembered.get(directory);
    if (known?.stamp === stamp) return known.names;
    const settled = now() - Number(stats.mtimeMs) > SETTLED_AFTER;
    const names = await readNames(directory);
    if (names.length > LARGE && settled) remember(directory, stamp, names);
    return names;
  }

  async function readNames(directory: string): Promise<readonly string[]> {
    const entries = await tolerate(files.readdir(directory), "ENOENT", "ENOTDIR");
    if (typeof entries === "string") return [];
    const names: string[] = [];
    for (const entry of entries) {
      if (isTemporaryName(entry.name)) {
        await directories.removeIfAbandoned(join(directory, entry.name), entry.name);
        continue;
      }
      const kind = kindOf(entry) ?? kindOf(await look(files, join(directory, entry.name)));
      if (kind === "directory") names.push(`${entry.name}/`);
      else if (kind === "file") names.push(entry.name);
    }
    return sorted(names);
  }

  function remember(directory: string, stamp: string, names: readonly string[]): void {
    // One listing at a time walks one path of directories: the few on it are enough.
    if (remembered.size >= 4) remembered.clear();
    remembered.set(directory, { stamp, names });
  }

  /** Keys under `directory`, in order, that begin with `prefix` and come after `after`. Asks for nothing before it is needed. */
  async function* keysIn(
    directory: string,
    path: string,
    prefix: string,
    after: string | undefined,
  ): AsyncGenerator<string> {
    const names = await namesIn(directory);
    for (let index = firstOf(names, path, prefix, after); index < names.length; index++) {
      const name = names[index] ?? "";
      const key = path + name;
      if (!key.startsWith(prefix)) return;
      if (!name.endsWith("/")) {
        if (isAfter(key, after) && isKey(key)) yield key;
      } else if (isAfter(key, after) || after?.startsWith(key) === true) {
        yield* keysIn(join(directory, name.slice(0, -1)), key, prefix, after);
      }
    }
  }

  /** Starts in the deepest directory that all keys with the prefix share. */
  async function* keys(prefix: string, after: string | undefined): AsyncGenerator<string> {
    const path = prefix.slice(0, prefix.lastIndexOf("/") + 1);
    const parts = path.split("/").slice(0, -1);
    if (path !== "" && !isKey(path.slice(0, -1))) return;
    const chain = [root];
    let directory = root;
    for (const part of parts) chain.push((directory = join(directory, part)));
    if (await spellings.areExact(chain)) yield* keysIn(directory, path, prefix, after);
  }

  async function infosOf(keys: readonly string[]): Promise<ObjectInfo[]> {
    const infos: ObjectInfo[] = [];
    for (let start = 0; start < keys.length; start += AT_ONCE) {
      const group = keys.slice(start, start + AT_ONCE);
      const found = await Promise.all(
        group.map(async (key) => ({ key, stats: await look(files, join(root, key)) })),
      );
      for (const { key, stats } of found) if (stats?.isFile() === true) infos.push(infoOf(key, stats));
    }
    return infos;
  }

  return {
    async list({ prefix = "", max, after, signal }: ListOptions): Promise<ObjectPage> {
      const length = pageLength(max);
      const objects: ObjectInfo[] = [];
      let pending: string[] = [];
      for await (const key of keys(prefix, after)) {
        refuseAborted(signal);
        // One key more than the page holds tells that there is a next one.
        pending.push(key);
        if (objects.length + pending.length <= length) continue;
        objects.push(...(await infosOf(pending)));
        pending = [];
        if (objects.length > length) break;
      }
      objects.push(...(await infosOf(pending)));
      const page = objects.slice(0, length);
      const last = page.at(-1);
      return objects.length > length && last !== undefined
        ? { objects: page, next: last.key }
        : { objects: page };
    },
  };
}

function isAfter(key: string, after: string | undefined): boolean {
  return after === undefined || compareKeys(key, after) > 0;
}

/**
 * Where in sorted names the keys begin that have `prefix` and come after `after`. All keys under a directory that comes
 * before `after` do so too, but for the one directory in which `after` itself lies: so it begins one name earlier.
 */
function firstOf(names: readonly string[], path: string, prefix: string, after: string | undefined): number {
  const firstWith = lowerBound(names, (name) => compareKeys(path + name, prefix) >= 0);
  const firstAfter = lowerBound(names, (name) => isAfter(path + name, after));
  return Math.max(firstWith, firstAfter - 1);
}

/** The first index whose name meets a condition that, once met, all following names meet. */
function lowerBound(names: readonly string[], meets: (name: string) => boolean): number {
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (meets(names[middle] ?? "")) high = middle;
    else low = middle + 1;
  }
  return low;
}

function kindOf(entry: Dirent | BigIntStats | undefined): "file" | "directory" | "other" | undefined {
  if (entry?.isFile() === true) return "file";
  if (entry?.isDirectory() === true) return "directory";
  const other =
    entry?.isSymbolicLink() ||
    entry?.isFIFO() ||
    entry?.isSocket() ||
    entry?.isBlockDevice() ||
    entry?.isCharacterDevice();
  return other === true ? "other" : undefined;
}

/** Files that somebody else put there may have names that are no keys; nobody could get them. */
function isKey(key: string): boolean {
  try {
    validateKey(key);
    return true;
  } catch (error) {
    if (isSimpleTasksError(error, "key_invalid")) return false;
    throw error;
  }
}

/** In the order of their UTF-8 bytes; that of UTF-16, which JavaScript sorts by and faster, differs only where there are surrogates. */
function sorted(names: string[]): readonly string[] {
  return names.some((name) => /[\ud800-\udfff]/.test(name)) ? names.sort(compareKeys) : names.sort();
}
