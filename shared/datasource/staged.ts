import type { Datasource } from "./datasource.ts";

/**
 * The datasource of one attempt: gets give files of its own, puts and deletes are staged and later gets see them.
 * Nothing reaches bucket or cache before `commit`; `discard` leaves nothing.
 */
export interface StagedDatasource extends Datasource, AsyncDisposable {
  /** A path, in a directory of this attempt's own on the cache's file system, at which a value may be written to be handed to `stageFile`. */
  newStagingPath(): Promise<string>;
  /** Stages a file that lies at a path from `newStagingPath`, without copying it. */
  stageFile(key: string, path: string, options?: { readonly onlyCache?: boolean }): void;
  /** The keys that a commit would put, in the order of the first put of each. */
  readonly stagedKeys: readonly string[];
  /**
   * Uploads everything staged, together, then enters it into the cache. `mayUpload` is asked before each upload (the lease
   * must still hold); uploads that fail in a retryable way are repeated with back-off.
   * @throws `lease_lost` when `mayUpload` says no; `aborted`; what the bucket threw in the end.
   */
  commit(options: { readonly mayUpload: () => boolean; readonly signal: AbortSignal }): Promise<void>;
  /** Removes everything staged and every private copy. */
  discard(): Promise<void>;
}
