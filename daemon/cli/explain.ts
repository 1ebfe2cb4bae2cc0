import { isSimpleTasksError, messageOf, type ErrorCode } from "../../shared/errors.ts";
import { escapeForTerminal } from "./escape.ts";
import { exitCodes } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Tells a person what went wrong, on one line a mistake, and what to do about it. A mistake in this program itself, which
 * no person can do anything about, comes with its stack.
 * @returns the exit code
 */
export function explain(error: unknown, terminal: Terminal): number {
  const known = isSimpleTasksError(error);
  const shown = known && error.code !== "internal" ? error.message : stackOf(error);
  const [first = "", ...rest] = shown.split("\n").map(escapeForTerminal);
  terminal.tell(`${terminal.errorStyle("red", "simpletasks:")} ${first}`);
  for (const line of rest) terminal.tell(`  ${line}`);
  if (known && error.hint !== undefined) {
    terminal.tell(`${terminal.errorStyle("dim", "hint:")} ${escapeForTerminal(error.hint)}`);
  }
  return known && usageCodes.has(error.code) ? exitCodes.usage : exitCodes.failed;
}

const usageCodes: ReadonlySet<ErrorCode> = new Set([
  "usage",
  "config_invalid",
  "url_invalid",
  "scheme_unknown",
]);

function stackOf(error: unknown): string {
  return error instanceof Error && error.stack !== undefined ? error.stack : messageOf(error);
}
