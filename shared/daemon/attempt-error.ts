import { isSimpleTasksError, messageOf } from "../errors.ts";
import type { AttemptError } from "./runner.ts";

/** Most causes that are shown; a chain may be a circle. */
const causesShown = 8;

/** An error as reports and other processes see it. */
export function attemptError(thrown: unknown): AttemptError {
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  return {
    name,
    message: messageOf(thrown),
    ...(isSimpleTasksError(thrown) && { code: thrown.code }),
    stack: withCauses(thrown),
  };
}

/** The stack, or the message of an error made for people, with its causes below. */
function withCauses(thrown: unknown): string {
  const lines: string[] = [];
  let current = thrown;
  for (let depth = 0; current !== undefined && depth <= causesShown; depth += 1) {
    lines.push(`${depth === 0 ? "" : "Caused by: "}${shown(current)}`);
    current = current instanceof Error ? current.cause : undefined;
  }
  return lines.join("\n");
}

function shown(thrown: unknown): string {
  if (isSimpleTasksError(thrown)) return thrown.hint === undefined ? thrown.message : `${thrown.message}\n${thrown.hint}`;
  if (thrown instanceof Error) return thrown.stack ?? `${thrown.name}: ${thrown.message}`;
  return messageOf(thrown);
}
