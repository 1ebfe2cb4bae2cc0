import type { Bucket, ObjectInfo } from "./bucket.ts";
import { compareKeys } from "./key.ts";

/** What stands at one level of a bucket: an object, or a folder that stands for all keys under it. */
export type LevelItem =
  | { readonly kind: "object"; readonly object: ObjectInfo }
  /** `prefix` ends in a slash. */
  | { readonly kind: "folder"; readonly prefix: string };

const LONGEST_PAGE = 1000;
const SHORTEST_PAGE = 2;

/** Sorts after every key that people give to objects in a folder. */
const LAST = "\u{10ffff}";

/** Every object whose key begins with `prefix`, in order of the keys, one page in memory at a time. */
export async function* objectsWith(
  bucket: Bucket,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ObjectInfo, void, undefined> {
  let after: string | undefined;
  do {
    const page = await bucket.list({ prefix, after, signal });
    yield* page.objects;
    after = page.next;
  } while (after !== undefined);
}

/**
 * The keys that begin with `prefix` as a folder shows them: up to the first slash after the prefix, each folder once. What
 * lies in a folder is skipped, not read: a page after a skip begins short and grows.
 */
export async function* levelOf(
  bucket: Bucket,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<LevelItem, void, undefined> {
  let after: string | undefined;
  let max = LONGEST_PAGE;
  let folder: string | undefined;
  for (;;) {
    const page = await bucket.list({ prefix, max, after, signal });
    for (const object of page.objects) {
      if (folder !== undefined && object.key.startsWith(folder)) continue;
      const slash = object.key.indexOf("/", prefix.length);
      folder = slash === -1 ? undefined : object.key.slice(0, slash + 1);
      yield folder === undefined ? { kind: "object", object } : { kind: "folder", prefix: folder };
    }
    if (page.next === undefined) return;
    const end: string = `${folder ?? ""}${LAST}`;
    const skips = folder !== undefined && compareKeys(page.objects.at(-1)?.key ?? end, end) < 0;
    after = skips ? end : page.next;
    max = skips ? SHORTEST_PAGE : Math.min(LONGEST_PAGE, max * 2);
  }
}
