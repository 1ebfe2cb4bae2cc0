/**
 * A bucket holds objects under keys: slash-separated names of any Unicode but NUL (`key.ts` has the rules).
 * What was put is durable when `put` resolves; readers see an object whole or not at all.
 *
 * Drivers pass the suite in `contract.ts`.
 */
export interface Bucket extends AsyncDisposable {
  /** Where it is, as shown to people and as `openBucket` takes it. Holds no secret. */
  readonly url: string;
  /** Whether `head` costs no network: then what was prefetched is compared once more when its turn comes. */
  readonly local: boolean;

  /** What is known of an object, or undefined when there is none. `checksum: true` asks for one even where it must be computed. */
  head(key: string, options?: HeadOptions): Promise<ObjectInfo | undefined>;

  /**
   * Reads an object or a range of it. The stream fails (`transfer_corrupt`) when fewer or other bytes arrive than
   * the engine announced, and with `object_changed` when the object is replaced while it is read.
   * @throws `object_missing`; `object_changed` when `ifMatch` names another ETag; `range_invalid`.
   */
  get(key: string, options?: GetOptions): Promise<ObjectStream>;

  /**
   * Writes an object whole, from memory, a file or a stream, replacing what was there.
   * @throws `object_exists` with `onlyIfAbsent` when there is one; `key_unsupported`; `storage_full`.
   */
  put(key: string, source: ObjectSource, options?: PutOptions): Promise<ObjectInfo>;

  /** Removes an object; one that is not there is no error. */
  delete(key: string, options?: BucketCallOptions): Promise<void>;

  /**
   * One page of objects whose keys begin with `prefix`, in order of the keys' UTF-8 bytes.
   * `next`, when present, is passed as `after` for the following page.
   */
  list(options?: ListOptions): Promise<ObjectPage>;
}

export interface BucketCallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface HeadOptions extends BucketCallOptions {
  readonly checksum?: boolean | undefined;
}

export interface GetOptions extends BucketCallOptions {
  /** Bytes `start` … `end`, both included, from 0; without `end` to the object's end. */
  readonly range?: { readonly start: number; readonly end?: number } | undefined;
  /** Only the object with this ETag. */
  readonly ifMatch?: string | undefined;
}

export interface PutOptions extends BucketCallOptions {
  readonly onlyIfAbsent?: boolean | undefined;
}

export interface ListOptions extends BucketCallOptions {
  readonly prefix?: string | undefined;
  /** 1 … 1,000. Default 1,000. */
  readonly max?: number | undefined;
  readonly after?: string | undefined;
}

/** Bytes in memory, a file on this machine, or a stream whose length may be unknown. */
export type ObjectSource =
  | string
  | Uint8Array
  | { readonly file: string }
  | { readonly stream: AsyncIterable<Uint8Array> };

export interface Checksum {
  readonly algorithm: "sha256" | "md5" | "crc32c" | "crc32" | "crc64nvme" | "sha1";
  /** Lower-case hexadecimal. */
  readonly value: string;
}

export interface ObjectInfo {
  readonly key: string;
  readonly bytes: number;
  /** Differs whenever the contents differ; opaque (S3: ETag, GCS: generation, files: inode, size and times). */
  readonly etag: string;
  /** Milliseconds since 1970. */
  readonly modifiedAt?: number;
  readonly checksum?: Checksum;
}

export interface ObjectStream {
  /** Of the whole object, also when a range was asked for. */
  readonly info: ObjectInfo;
  readonly body: AsyncIterable<Uint8Array>;
}

export interface ObjectPage {
  readonly objects: readonly ObjectInfo[];
  readonly next?: string;
}
