import { SimpleTasksError } from "../errors.ts";

/** Most bytes of UTF-8 that a key may have: the limit of S3 and GCS. */
export const KEY_BYTES = 1024;

/**
 * Refuses a key that could leave the directory it is joined to, under the path rules of POSIX or of Windows, or that
 * no engine can hold. The rules are the same everywhere, so that a key that one daemon took is good for every other:
 *
 * - 1 to {@link KEY_BYTES} bytes of UTF-8; no NUL; no lone surrogate, which UTF-8 cannot hold.
 * - No empty part: no leading, trailing or doubled slash. S3 and GCS allow them, but a path reads `a//b` as `a/b`, so
 *   two keys would be one file in every cache, and an `a/` marks a folder only in web consoles.
 * - No part `.` or `..`, whether `/` or `\` separates the parts; no leading `\`; no leading drive letter (`C:`).
 *
 * Anything else is a key: `a..b`, `a\b`, `2024-01-01T10:00`, a line feed. What one engine cannot hold (a part over 255
 * bytes, a device name on Windows) is that engine's `key_unsupported`.
 * @throws `key_invalid`, naming the key and what is wrong with it.
 */
export function validateKey(key: string): void {
  const reason = refusal(key);
  if (reason === undefined) return;
  throw new SimpleTasksError("key_invalid", `The key ${showKey(key)} is refused: ${reason}.`, {
    hint: "A key is a slash-separated name below the bucket, such as datasets/one/0_input/4.dat.",
    about: { key: showKey(key) },
  });
}

/**
 * The key of `name` under a task's base directory. One slash at the end of `baseDirectory` is taken as the separator.
 * @throws `key_invalid` as {@link validateKey}.
 */
export function joinKey(baseDirectory: string, name: string): string {
  const key = baseDirectory.endsWith("/") ? baseDirectory + name : `${baseDirectory}/${name}`;
  validateKey(key);
  return key;
}

/**
 * Whether the key belongs to SimpleTasks itself: its first part is `_simpletasks`. Tasks may not read or write these.
 * Spellings that a case-folding file system would store in the same directory are reserved with it.
 */
export function isReservedKey(key: string): boolean {
  const [first = ""] = key.split("/", 1);
  return first.normalize("NFKC").toLowerCase() === "_simpletasks";
}

/** Orders keys by their UTF-8 bytes, as S3 and GCS list them: below 0, 0 or above 0. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return byUtf8(left) - byUtf8(right);
  }
  return a.length - b.length;
}

/** A key as messages show it: quoted, with control characters escaped, and cut when it is very long. */
export function showKey(key: string): string {
  return JSON.stringify(key.length > 200 ? `${key.slice(0, 200)}…` : key);
}

/**
 * The first UTF-16 units in which two texts differ, made comparable: a surrogate stands for a code point above all
 * others, although its number lies below U+E000 … U+FFFF.
 */
function byUtf8(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function refusal(key: string): string | undefined {
  if (key === "") return "it is empty";
  if (key.includes("\0")) return "it contains a NUL character";
  if (!key.isWellFormed()) return "it contains half of a surrogate pair, which is no Unicode text";
  const bytes = Buffer.byteLength(key);
  if (bytes > KEY_BYTES) return `it has ${bytes} bytes of UTF-8; ${KEY_BYTES} are allowed`;
  if (key.startsWith("/")) return "it begins with a slash";
  if (key.endsWith("/")) return "it ends with a slash";
  if (key.includes("//")) return "it has an empty part (two slashes in a row)";
  if (key.startsWith("\\")) return "it begins with a backslash, which is an absolute path on Windows";
  if (/^[A-Za-z]:/.test(key)) return "it begins with a drive letter of Windows";
  const dots = /(?:^|[/\\])(\.\.?)(?:[/\\]|$)/.exec(key)?.[1];
  return dots === undefined ? undefined : `one of its parts is "${dots}"`;
}
