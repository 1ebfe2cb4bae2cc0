import { statfsSync } from "node:fs";
import type { Removed } from "./cache.ts";
import type { CacheIndex } from "./index-file.ts";
import type { IndexRows, ObjectName } from "./index-rows.ts";
import type { Trash } from "./trash.ts";

/** Default share of the disk that the cache may fill, of what is free and what is cached together. */
const DEFAULT_SHARE = 0.8;
/** How long a measured default holds. */
const MEASURE_MILLISECONDS = 5000;
/** Rows looked at per step of an eviction. */
const STEP = 64;

/** The byte limit of a cache directory, counted over all processes, and what goes when it is reached. */
export interface Room {
  limitBytes(): number;
  /** False when what is pinned or on its way leaves no room for `bytes` more. */
  hasRoomFor(bytes: number): boolean;
  /**
   * Removes entries that nobody has pinned, the least recently used first, until `incoming` more bytes fit. Runs in the
   * transaction that adds them, so that two who make room at once do not remove twice.
   * @returns how many bytes are still too many
   */
  make(rows: IndexRows, incoming: number): number;
  /** Forgets files of others, and what dead owners left, before everything goes. */
  beginClear(): void;
  /** Removes some of what nobody has pinned: one transaction, so that others get their turn. `more`: that was not all. */
  clearSome(): Removed & { readonly more: boolean };
  readonly evictions: number;
}

export interface RoomOptions {
  readonly directory: string;
  /** Absent: the default share of the disk. */
  readonly limitBytes: number | undefined;
  readonly index: CacheIndex;
  readonly trash: Trash;
  /** Forgets the pins and downloads of owners that died; returns whether there were any. */
  lapse(rows: IndexRows): boolean;
  /** Bytes that are free on the file system of `directory`. */
  freeBytes?(directory: string): number;
}

export function createRoom(options: RoomOptions): Room {
  const { directory, index, trash } = options;
  const freeBytes = options.freeBytes ?? freeBytesOf;
  let measured: { readonly at: number; readonly limit: number } | undefined;
  let evictions = 0;

  function limit(rows: IndexRows): number {
    if (options.limitBytes !== undefined) return options.limitBytes;
    const now = performance.now();
    if (measured === undefined || now - measured.at > MEASURE_MILLISECONDS) {
      const total = freeBytes(directory) + rows.totals().bytes;
      measured = { at: now, limit: Math.floor(total * DEFAULT_SHARE) };
    }
    return measured.limit;
  }

  function remove(
    rows: IndexRows,
    entry: ObjectName & { readonly path: string; readonly stamp: string },
  ): void {
    rows.removeEntry(entry);
    trash.take(entry.path, entry.stamp);
  }

  /** Evicts until `excess` bytes are gone or nothing is idle; returns what is left of the excess. */
  function evict(rows: IndexRows, excess: number): number {
    let left = excess;
    while (left > 0) {
      const idle = rows.idleEntries(STEP);
      if (idle.length === 0) break;
      for (const entry of idle) {
        if (left <= 0) break;
        remove(rows, entry);
        evictions++;
        left -= entry.bytes;
      }
    }
    return left;
  }

  return {
    limitBytes: () => index.read(limit),

    hasRoomFor(bytes) {
      const fits = (rows: IndexRows): boolean =>
        rows.pinnedTotals().bytes + rows.reservedBytes() + bytes <= limit(rows);
      return index.read(fits) || index.transaction((rows) => options.lapse(rows) && fits(rows));
    },

    make(rows, incoming) {
      const excess = rows.totals().bytes + rows.reservedBytes() + incoming - limit(rows);
      const left = evict(rows, excess);
      if (left <= 0 || !options.lapse(rows)) return Math.max(0, left);
      return Math.max(0, evict(rows, rows.totals().bytes + rows.reservedBytes() + incoming - limit(rows)));
    },

    beginClear() {
      index.transaction((rows) => {
        options.lapse(rows);
        rows.forgetFoundEntries();
      });
    },

    clearSome() {
      return index.transaction((rows) => {
        const idle = rows.idleEntries(STEP);
        for (const entry of idle) remove(rows, entry);
        const bytes = idle.reduce((sum, entry) => sum + entry.bytes, 0);
        return { removed: idle.length, bytes, more: idle.length === STEP };
      });
    },

    get evictions() {
      return evictions;
    },
  };
}

function freeBytesOf(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}
