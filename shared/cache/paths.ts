import { createHash } from "node:crypto";
import type { PlatformPath } from "node:path";
import { windowsRefusal } from "../bucket/windows-names.ts";

/** Everything in a cache directory that does not mirror a key lies under this name. */
export const PRIVATE_DIRECTORY = ".simpletasks";

/** What every file system takes as one name; counted in bytes, which is the strictest way to count. */
const MAX_PART_BYTES = 255;

/** Below the shortest limit of a whole path (macOS: 1,024 with its final NUL). */
const MAX_PATH_BYTES = 1000;

/** A name of this form may be the short alias of another file. */
const WINDOWS_SHORT_NAME = /~[0-9]/;

/**
 * The file, relative to the cache directory, that mirrors `key`: the key itself, its parts joined by the platform's
 * separator. Undefined for a key that cannot have a file of that name, or not one of its own; it lives at
 * {@link asidePath} instead.
 *
 * Whether two keys' names are one to a file system that folds case or Unicode is told by {@link foldName}, not here.
 *
 * @param directory the absolute path of the cache directory
 * @param platform `path.posix` or `path.win32`
 */
export function mirroredPath(key: string, directory: string, platform: PlatformPath): string | undefined {
  const parts = key.split("/");
  const [first = ""] = parts;
  if (foldName(first) === foldName(PRIVATE_DIRECTORY)) return undefined;
  if (Buffer.byteLength(directory) + 1 + Buffer.byteLength(key) > MAX_PATH_BYTES) return undefined;
  if (platform.sep === "\\" && (windowsRefusal(key) !== undefined || WINDOWS_SHORT_NAME.test(key)))
    return undefined;
  for (const part of parts) {
    if (part === "" || part === "." || part === "..") return undefined;
    if (Buffer.byteLength(part) > MAX_PART_BYTES) return undefined;
  }
  return parts.join(platform.sep);
}

/** Where an object lives that cannot, or not now, have the file that mirrors its key. One path per bucket and key. */
export function asidePath(bucketUrl: string, key: string, platform: PlatformPath): string {
  const name = createHash("sha256").update(bucketUrl).update("\0").update(key).digest("hex");
  return [PRIVATE_DIRECTORY, "folded", name].join(platform.sep);
}

/**
 * Two names that any file system takes for one have equal folded forms. Coarser than each of them (NTFS folds case,
 * APFS case and canonical equivalence, ext4 also what Unicode lets one ignore), so that the answer is the same
 * everywhere; a name that is folded without need only lives elsewhere.
 */
export function foldName(name: string): string {
  const decomposed = name.normalize("NFKD").replaceAll(/\p{Default_Ignorable_Code_Point}/gu, "");
  return decomposed.toLowerCase().toUpperCase().normalize("NFKD");
}
