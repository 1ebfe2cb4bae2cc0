import type { Pin } from "../cache/cache.ts";
import type { Datasource } from "./datasource.ts";
import type { StagedDatasource } from "./staged.ts";

/** What the daemon needs of a datasource beside what task code sees. `openDatasource` gives one. */
export interface TaskDatasource extends Datasource {
  /** Fetches and pins one object for a task that is to run. */
  fetch(key: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<Pin>;

  /**
   * Pins for the objects as they are now: where the bucket is on this machine each is compared once more, and a changed
   * one is fetched anew (its old pin is released); elsewhere the same pins. Rejects with all of them still pinned.
   */
  refresh(pins: readonly Pin[], signal: AbortSignal): Promise<readonly Pin[]>;

  /** Whether the cache has room for `bytes` more of what is not needed yet. */
  hasRoomFor(bytes: number): boolean;

  /** A datasource whose writes are staged under the attempt's directory. Makes nothing before it is used. */
  stage(attemptId: number): StagedDatasource;

  /** Where the attempt's scratch directory would be; made by who uses it. On the cache's file system. */
  scratchPath(attemptId: number): string;
  /** Where the attempt's own copies of its inputs would be; made by who uses it. On the cache's file system. */
  inputsPath(attemptId: number): string;
  /** Removes everything that lies in the attempt's directory: scratch, inputs, staging. */
  removeAttempt(attemptId: number): Promise<void>;
}
