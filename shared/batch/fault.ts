import { SimpleTasksError, type ErrorCode } from "../errors.ts";

/** A mistake in the text of an entry. */
export interface Fault {
  /** Where it stands: an index into the entry's text. */
  readonly offset: number;
  readonly message: string;
  readonly hint?: string | undefined;
  /** Default: `task_unparsable`. */
  readonly code?: ErrorCode | undefined;
}

/** The text of an entry and where it stands in its file. Lines and columns count from 1. */
export interface PlacedText {
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** The error for a fault: `FILE:LINE:COLUMN: MESSAGE`, as editors and terminals link it; the place is in `about` too. */
export function errorAt(fault: Fault, placed: PlacedText, file: string): SimpleTasksError {
  const before = placed.text.slice(0, fault.offset).split("\n");
  const line = placed.line + before.length - 1;
  const column = (before.length === 1 ? placed.column : 1) + (before.at(-1)?.length ?? 0);
  return new SimpleTasksError(
    fault.code ?? "task_unparsable",
    `${file}:${line}:${column}: ${fault.message}`,
    { about: { file, line, column }, ...(fault.hint !== undefined && { hint: fault.hint }) },
  );
}
