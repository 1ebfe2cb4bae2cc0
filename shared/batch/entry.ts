import type { ErrorCode, SimpleTasksError } from "../errors.ts";
import type { Path } from "../json-syntax.ts";

/** What stands in a batch file for a task, or, as a template, for many. */
export type BatchEntry = SoundEntry | WrongEntry;

interface EntryPlace {
  /** The place of its first task in the batch, from 0. */
  readonly position: number;
  /** How many places it takes: as many as its template has tasks, else 1. */
  readonly count: number;
  /** Where it begins in the file, and the line on which it ends; all from 1. */
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
}

/** Its tasks can be made; whether they are good for the daemon only a check of each tells. */
export interface SoundEntry extends EntryPlace {
  readonly kind: "sound";
  /** Task `index`, from 0, of `count`. */
  task(index: number): BatchTask;
}

export interface WrongEntry extends EntryPlace {
  readonly kind: "wrong";
  /** One or more, each with its place, like those of {@link BatchTask.mistake}. */
  readonly mistakes: readonly SimpleTasksError[];
}

export interface BatchTask {
  /** Its place in the batch, from 0. */
  readonly position: number;
  /** The task document, in ASCII. */
  readonly message: string;
  /**
   * The error for a mistake in the part of the document at `path`: `FILE:LINE:COLUMN: PART WHAT (i = 3)`, with the place
   * where that part stands in the file, its name there, and a template's variables. `about` has `file`, `line`, `column`.
   *
   * @param what goes on after the part's name: ` must be a text`
   */
  mistake(path: Path, what: string, details?: MistakeDetails): SimpleTasksError;
}

export interface MistakeDetails {
  /** Default: `task_unparsable`. */
  readonly code?: ErrorCode | undefined;
  readonly hint?: string | undefined;
}
