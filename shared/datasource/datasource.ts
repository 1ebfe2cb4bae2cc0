/** What a task author's code calls: a bucket, read and written through the cache of this machine. */
export interface Datasource {
  /**
   * Fetches objects and gives the paths of local files that hold them.
   * Many keys are fetched at the same time. A task gets files of its own: writing to them changes nothing for others.
   * @throws `object_missing`, `key_invalid`, and what the bucket throws.
   */
  get(key: string, options?: DatasourceGetOptions): Promise<string>;
  get(keys: readonly string[], options?: DatasourceGetOptions): Promise<string[]>;

  /**
   * Stores objects. In a task they are staged: later gets of the same attempt see them, the bucket gets them
   * together after `finalize`, and an attempt that fails leaves nothing.
   */
  put(key: string, value: PutValue, options?: DatasourcePutOptions): Promise<void>;
  put(values: Readonly<Record<string, PutValue>>, options?: DatasourcePutOptions): Promise<void>;

  /** Removes objects from bucket and cache; staged like a put. */
  delete(
    key: string | readonly string[],
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<void>;
}

/** A text is stored as UTF-8. A file is copied, or moved when it lies in the task's scratch directory. */
export type PutValue = string | Uint8Array | { readonly file: string };

export interface DatasourceGetOptions {
  /** Fetch anew although the cache has the object. Default false. */
  readonly overrideCache?: boolean | undefined;
  /** Look in the cache alone; `object_missing` when it is not there. Default false. */
  readonly onlyCache?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface DatasourcePutOptions {
  /** Put into the cache of this machine alone, not into the bucket. Default false. */
  readonly onlyCache?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}
