import type { BatchCheck } from "../../../shared/batch/check-batch.ts";
import type { TypeFailure } from "../../../shared/daemon/type-reader/type-reader.ts";
import { SimpleTasksError } from "../../../shared/errors.ts";
import { escapeForTerminal } from "../escape.ts";
import { counted } from "../format.ts";
import type { Terminal } from "../terminal.ts";

/** The error for a batch of which nothing is sent: a line a mistake. */
export function invalidBatch(check: BatchCheck, skipped: boolean): SimpleTasksError {
  const { mistakes, mistakeCount, tasks, invalid } = check;
  const [first] = mistakes;
  const lines = mistakes.map(({ message }) => message);
  if (mistakeCount > mistakes.length) lines.push(`and ${mistakeCount - mistakes.length} more`);
  if (mistakeCount > 1)
    lines.push(`${invalid} of ${counted(tasks, "task")} ${isOrAre(invalid)} wrong, and none was sent`);
  const hint = hintFor(check, skipped);
  return new SimpleTasksError(first?.code ?? "task_unparsable", lines.join("\n"), {
    ...(hint !== undefined && { hint }),
  });
}

function hintFor({ mistakes, invalid, tasks }: BatchCheck, skipped: boolean): string | undefined {
  if (mistakes.some(({ code }) => code === "task_type_unknown")) {
    return "Daemons elsewhere may have a type that is not known here: --allow-unknown sends its tasks, too.";
  }
  const [hint, ...others] = new Set(mistakes.map((mistake) => mistake.hint));
  if (others.length === 0 && hint !== undefined) return hint;
  return skipped || invalid === tasks
    ? undefined
    : `--skip-invalid sends the other ${counted(tasks - invalid, "task")}.`;
}

/** What was left out because it was asked for. */
export function tellSkipped(check: BatchCheck, terminal: Terminal): void {
  const { invalid, mistakes, mistakeCount } = check;
  if (invalid === 0) return;
  terminal.tell(
    `${terminal.errorStyle("yellow", "skipped:")} ${counted(invalid, "task")} that ${isOrAre(invalid)} wrong`,
  );
  for (const { message } of mistakes) terminal.tell(`  ${escapeForTerminal(message)}`);
  if (mistakeCount > mistakes.length) terminal.tell(`  and ${mistakeCount - mistakes.length} more`);
}

/** Task files that do not load: their types count as unknown. */
export function tellFailures(failures: readonly TypeFailure[], terminal: Terminal): void {
  for (const { message, hint } of failures) {
    terminal.tell(`${terminal.errorStyle("yellow", "warning:")} ${escapeForTerminal(message)}`);
    if (hint !== undefined)
      terminal.tell(`${terminal.errorStyle("dim", "hint:")} ${escapeForTerminal(hint)}`);
  }
}

/** For `--json`. */
export function mistakesInJson({
  tasks,
  invalid,
  mistakes,
  mistakeCount,
}: BatchCheck): Record<string, unknown> {
  return {
    tasks,
    invalid,
    mistakes: mistakes.map(({ about, message, code }) => ({
      code,
      file: about["file"],
      line: about["line"],
      column: about["column"],
      message,
    })),
    mistake_count: mistakeCount,
  };
}

function isOrAre(count: number): string {
  return count === 1 ? "is" : "are";
}
