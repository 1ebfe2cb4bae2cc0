import type { Bucket } from "../bucket/bucket.ts";

/**
 * The local copy of bucket objects on this machine: one directory, mirroring the keys, shared by all processes.
 *
 * An entry is whole and verified, or absent. One download per key runs on the machine, however many ask. A *pin* keeps
 * an entry from eviction while somebody needs it; pins, and downloads, of a process that died lapse.
 */
export interface Cache extends AsyncDisposable {
  readonly directory: string;

  /**
   * A directory on the cache's own file system for what is not an entry yet: staged puts, scratch, private copies.
   * It belongs to this process; what a dead process left is removed when a cache is opened on the directory.
   */
  readonly workDirectory: string;

  /**
   * Gives a pinned entry for `key`, downloading it when it is absent, stale or damaged.
   * @throws `object_missing`; `key_invalid`; `storage_full`. An object larger than the limit is fetched all the same, and that is logged.
   */
  fetch(bucket: Bucket, key: string, options?: FetchOptions): Promise<Pin>;

  /** Whether `bytes` more may be prefetched now: false when what is pinned leaves no room. */
  hasRoomFor(bytes: number): boolean;

  /** Makes a file, moved from `workDirectory`, the entry for `key`: after its upload was durable. `etag` is what the upload resolved to. */
  store(bucket: Bucket, key: string, file: string, etag: string): Promise<void>;

  /** Drops the entry of an object that was deleted, or must be fetched anew. */
  drop(bucket: Bucket, key: string): Promise<void>;

  status(): Promise<CacheStatus>;
  /**
   * Reads every entry again and drops those whose bytes are not what was stored. With `bucket`, entries of that bucket
   * also go when it has another object by now, or none; what was put into the cache alone stays.
   */
  verify(
    options?: VerifyOptions,
  ): Promise<{ readonly checked: number; readonly dropped: readonly DroppedEntry[] }>;
  /** Removes what is not pinned. Files that the cache did not record stay. What a signal interrupts is removed up to there. */
  clear(options?: ClearOptions): Promise<Removed>;
}

export interface VerifyOptions {
  readonly bucket?: Bucket | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after each entry. */
  readonly onChecked?: ((checked: number) => void) | undefined;
  /** Called when an entry has been dropped: what is known when the signal fires before the end. */
  readonly onDropped?: ((entry: DroppedEntry) => void) | undefined;
}

export interface DroppedEntry {
  /** The bucket's URL. */
  readonly bucket: string;
  readonly key: string;
  readonly reason:
    /** Its bytes are not what was stored, or its file is gone. */
    | "damaged"
    /** The bucket has another object of that key. */
    | "stale"
    /** The bucket has no object of that key. */
    | "deleted";
}

export interface ClearOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called now and then with what is gone by then. */
  readonly onRemoved?: ((soFar: Removed) => void) | undefined;
}

export interface Removed {
  readonly removed: number;
  readonly bytes: number;
}

export interface FetchOptions {
  /** `"match"` (default) compares the entry's ETag with the bucket's; `"any"` takes what is there; `"new"` downloads again; `"only"` never asks the bucket. */
  readonly freshness?: "match" | "any" | "new" | "only" | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One holder's claim on an entry; `release` (or `using`) ends it. */
export interface Pin extends Disposable {
  readonly key: string;
  /** Never write to it, and never hand it to code that might: use `copyTo`. */
  readonly path: string;
  readonly bytes: number;
  readonly etag: string;
  /** Whether no download was needed. */
  readonly hit: boolean;
  /** Copies the entry as it is now (a put through this cache may have replaced it) to `path`; shares blocks where the file system can. */
  copyTo(path: string): Promise<void>;
  release(): void;
}

export interface CacheStatus {
  readonly directory: string;
  readonly entries: number;
  readonly bytes: number;
  readonly pinnedEntries: number;
  readonly pinnedBytes: number;
  readonly limitBytes: number;
  /** This and the two that follow: of this opened cache alone. */
  readonly hits: number;
  readonly downloads: number;
  readonly evictions: number;
  /** Process ids of all who have the cache open, this one among them. */
  readonly processes: readonly number[];
}
