import { isSimpleTasksError } from "../errors.ts";
import type { Bucket, ObjectInfo } from "./bucket.ts";
import { compareKeys, validateKey } from "./key.ts";
import { objectExists, objectMissing, pageLength, refuseAborted, refuseClosed } from "./refusals.ts";

export interface OverlayOptions {
  /** Read, never written. */
  readonly beneath: Bucket;
  /** Takes every put. What lies in it hides what lies beneath under the same key. */
  readonly above: Bucket;
}

/** An overlay that can say what was deleted in it: that lies in neither bucket. */
export interface OverlayBucket extends Bucket {
  /** Keys that were deleted and not put since, in order. */
  readonly deleted: readonly string[];
}

/**
 * A bucket with changes laid over it: reads see them, the bucket itself stays as it is. Deletions are kept in memory, for
 * as long as the overlay is open. Closing it closes neither bucket.
 *
 * It has the URL of the bucket beneath, in whose place it stands: give it a cache of its own. Which keys can lie beside
 * each other is what the bucket above can hold, for what lies beneath is not asked.
 */
export function createOverlayBucket({ beneath, above }: OverlayOptions): OverlayBucket {
  const { url } = beneath;
  /** Deleted here and not put since. */
  const hidden = new Set<string>();
  let closed = false;

  return {
    url,
    local: beneath.local && above.local,

    get deleted() {
      return [...hidden].sort(compareKeys);
    },

    async head(key, options) {
      refuseClosed(url, closed);
      return (await above.head(key, options)) ?? (hidden.has(key) ? undefined : beneath.head(key, options));
    },

    async get(key, options) {
      refuseClosed(url, closed);
      try {
        return await above.get(key, options);
      } catch (error) {
        if (!isSimpleTasksError(error, "object_missing")) throw error;
      }
      if (hidden.has(key)) throw objectMissing(url, key);
      return beneath.get(key, options);
    },

    async put(key, source, options = {}) {
      refuseClosed(url, closed);
      const { onlyIfAbsent, signal } = options;
      if (onlyIfAbsent === true && !hidden.has(key) && (await beneath.head(key, { signal })) !== undefined) {
        throw objectExists(url, key);
      }
      const info = await above.put(key, source, options);
      hidden.delete(key);
      return info;
    },

    async delete(key, options) {
      refuseClosed(url, closed);
      refuseAborted(options?.signal);
      validateKey(key);
      // Before anything else happens: there is no moment at which what lies beneath is seen again.
      hidden.add(key);
      await above.delete(key, options);
    },

    async list({ max, after, ...options } = {}) {
      refuseClosed(url, closed);
      const length = pageLength(max);
      const changed = openCursor(above, { ...options, after, max: length });
      const unchanged = openCursor(beneath, { ...options, after, max: length });
      const objects: ObjectInfo[] = [];
      for (;;) {
        const [left, right] = [await changed.first(), await unchanged.first()];
        const order = left === undefined || right === undefined ? 0 : compareKeys(left.key, right.key);
        const object = left !== undefined && order <= 0 ? left : right;
        if (object === undefined) return { objects };
        if (object === left) changed.advance();
        if (object.key === right?.key) unchanged.advance();
        if (object === right && hidden.has(object.key)) continue;
        // One more than asked for tells that there are more.
        const last = objects.at(-1);
        if (objects.length === length && last !== undefined) return { objects, next: last.key };
        objects.push(object);
      }
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

/** Goes through a listing, page after page. */
interface Cursor {
  /** The object that it stands at; undefined at the end. */
  first(): Promise<ObjectInfo | undefined>;
  advance(): void;
}

function openCursor(bucket: Bucket, options: NonNullable<Parameters<Bucket["list"]>[0]>): Cursor {
  let objects: readonly ObjectInfo[] = [];
  let place = 0;
  let after = options.after;
  let more = true;
  return {
    async first() {
      while (place === objects.length && more) {
        const page = await bucket.list({ ...options, after });
        objects = page.objects;
        place = 0;
        after = page.next;
        more = page.next !== undefined;
      }
      return objects[place];
    },
    advance() {
      place += 1;
    },
  };
}
