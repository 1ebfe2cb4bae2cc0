import { isSimpleTasksError, messageOf } from "../../errors.ts";
import type { ErrorCode } from "../../errors.ts";
import type { AttemptError } from "../runner.ts";
import { cutText, LONGEST_LINE } from "./lines.ts";

/** Most errors followed from one to its cause. */
const CAUSES = 10;
/**
 * Most characters of what a report shows of an error with its causes, and of one error's own message in it. An error may
 * hold a program's whole output; it is passed between processes and into queues, whose messages are not much larger.
 */
const LONGEST_STACK = 2 ** 20;
const LONGEST_HEADING = 2 ** 18;

/**
 * Anything thrown, as it is reported. The stack shows the author's own lines: frames of Node and of this package are left
 * out where others remain.
 *
 * @param code what it counts as when the error does not say so itself
 */
export function describeThrown(thrown: unknown, code: ErrorCode): AttemptError {
  try {
    return {
      name: cutText(nameOf(thrown), LONGEST_LINE),
      message: cutText(thrown instanceof Error ? messageOf(thrown) : shown(thrown), LONGEST_LINE),
      code: isSimpleTasksError(thrown) ? thrown.code : code,
      stack: stackOf(thrown, CAUSES, { characters: LONGEST_STACK }),
    };
  } catch {
    // An error's properties may be anything, and may throw when they are read.
    return { ...attemptError(code, "something was thrown that cannot be shown"), name: "Error" };
  }
}

/** An error that was never thrown: what a runner says itself. */
export function attemptError(code: ErrorCode, message: string, details = ""): AttemptError {
  return {
    name: "SimpleTasksError",
    message,
    code,
    stack: details === "" ? message : `${message}\n${details}`,
  };
}

function nameOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return typeof thrown;
  return typeof thrown.name === "string" && thrown.name !== "" ? thrown.name : "Error";
}

/** @param room what may still be written; less after the call. Without any, causes are left out: they may be each other's. */
function stackOf(thrown: unknown, causes: number, room: { characters: number }): string {
  const take = (text: string): string => {
    const taken = cutText(text, room.characters);
    room.characters = Math.max(0, room.characters - text.length);
    return taken;
  };
  if (!(thrown instanceof Error)) {
    const text = cutText(shown(thrown), LONGEST_HEADING);
    return take(`${text} (thrown; not an Error, so it has no stack)`);
  }
  const heading = headingOf(thrown).map((line) => cutText(line, LONGEST_HEADING));
  const parts = [take([...heading, ...framesOf(thrown)].join("\n"))];
  if (thrown instanceof AggregateError && causes > 0) {
    for (const error of thrown.errors.slice(0, CAUSES)) {
      if (room.characters > 0) parts.push(`Among the errors: ${stackOf(error, causes - 1, room)}`);
    }
  }
  if (thrown.cause !== undefined && causes > 0 && room.characters > 0)
    parts.push(`Caused by: ${stackOf(thrown.cause, causes - 1, room)}`);
  return parts.join("\n");
}

/** Errors of this package are made for people: a sentence and what to do about it. */
function headingOf(error: Error): string[] {
  if (isSimpleTasksError(error))
    return error.hint === undefined ? [error.message] : [error.message, error.hint];
  return [messageOf(error) === "" ? nameOf(error) : `${nameOf(error)}: ${messageOf(error)}`];
}

function shown(thrown: unknown): string {
  if (typeof thrown === "string") return thrown;
  try {
    return JSON.stringify(thrown) ?? messageOf(thrown);
  } catch {
    return messageOf(thrown);
  }
}

function framesOf(error: Error): string[] {
  if (typeof error.stack !== "string") return [];
  const frames = error.stack.split("\n").filter((line) => /^\s+at /.test(line));
  const authors = frames.filter((frame) => !isOurs(frame));
  // Where an error was made inside this package tells an author nothing, unless it is a fault of the package itself.
  return authors.length > 0 || isSimpleTasksError(error) ? authors : frames;
}

/** Where this package's own code lies: two folders of sources, or the folder of bundles. */
const ownFolders = import.meta.url.endsWith(".ts")
  ? [new URL("../../", import.meta.url).href, new URL("../../../daemon/", import.meta.url).href]
  : [new URL("./", import.meta.url).href];

function isOurs(frame: string): boolean {
  return /\(node:|at node:|at async node:/.test(frame) || ownFolders.some((folder) => frame.includes(folder));
}
