import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "./json.ts";
import { memberText } from "./json-text.ts";
import { readMarks } from "./marks.ts";

/** What can be read of a message in an error or done queue. Nothing in it is certain: anybody may have written it. */
export interface Report {
  /** Told by what it holds: an exception, a result, or neither. */
  readonly kind: "error" | "done" | "unknown";
  /**
   * The message that the report is about, exactly as it stands there: what a retry sends. It may be no task document;
   * `parseTask` tells. Undefined when the report names none, or only its beginning.
   */
  readonly taskText: string | undefined;
  /** The beginning of that message, where the report holds no more: it was too large for its queue. */
  readonly taskBeginning: string | undefined;
  /** The batch in which the end of such a task was counted; a whole one says it itself. */
  readonly batch: string | undefined;
  readonly hostname: string | undefined;
  readonly user: string | undefined;
  /** Message and stack. */
  readonly exception: string | undefined;
  readonly success: boolean | undefined;
  /** Keys of what the task stored; empty when none are named. */
  readonly outputs: readonly string[];
  /** How many there are; a report that was too large for its queue tells no more of them. */
  readonly outputCount: number;
  /** The rest stands under `simpletasks`: other programs' reports have none of it. */
  readonly attempt: number | undefined;
  readonly phase: string | undefined;
  readonly error: { readonly name?: string; readonly message?: string; readonly code?: string } | undefined;
  /** Oldest line first. */
  readonly logTail: readonly string[];
  readonly daemon: string | undefined;
  /** Milliseconds since 1970. */
  readonly startedAt: number | undefined;
  readonly durationMs: number | undefined;
}

/** Reads a report of any origin. Never throws: what is missing or strange is undefined or empty. */
export function readReport(text: string): Report {
  const report = objectOf(parsed(text));
  const host = objectOf(report["host_info"]);
  const result = objectOf(report["result"]);
  const marks = objectOf(report["simpletasks"]);
  const startedAt = Date.parse(textOf(marks["started_at"]) ?? "");
  const isCut = isJsonObject(marks["task_cut"]);
  const outputs = textsOf(result["outputs"]);
  return {
    kind: "exception" in report ? "error" : "result" in report ? "done" : "unknown",
    taskText: isCut ? undefined : taskTextOf(text, report["task"]),
    taskBeginning: isCut ? textOf(report["task"]) : undefined,
    batch: isCut ? readMarks(marks).marks.batch : undefined,
    hostname: textOf(host["hostname"]),
    user: textOf(host["user"]),
    exception: textOf(report["exception"]) ?? sourceOf(text, report, "exception"),
    success: typeof result["success"] === "boolean" ? result["success"] : undefined,
    outputs,
    outputCount: countOf(result["outputs"]) ?? outputs.length,
    attempt: countOf(marks["attempt"]),
    phase: textOf(marks["phase"]),
    error: errorOf(marks["error"]),
    logTail: textsOf(marks["log_tail"]),
    daemon: textOf(marks["daemon"]),
    startedAt: Number.isNaN(startedAt) ? undefined : startedAt,
    durationMs: countOf(marks["duration_ms"]),
  };
}

/** A task stands in a report as it was written; a text that was none stands there as a string. */
function taskTextOf(text: string, task: JsonValue | undefined): string | undefined {
  if (task === undefined || task === null) return undefined;
  return typeof task === "string" ? task : memberText(text, "task");
}

/** What stands in place of a text, as it was written. */
function sourceOf(text: string, report: JsonObject, key: string): string | undefined {
  const value = report[key];
  return value === undefined || value === null ? undefined : memberText(text, key);
}

function errorOf(value: JsonValue | undefined): Report["error"] {
  if (!isJsonObject(value)) return undefined;
  const name = textOf(value["name"]);
  const message = textOf(value["message"]);
  const code = textOf(value["code"]);
  return {
    ...(name !== undefined && { name }),
    ...(message !== undefined && { message }),
    ...(code !== undefined && { code }),
  };
}

function parsed(text: string): JsonValue | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** The value if it is an object, else one that holds and inherits nothing. */
function objectOf(value: JsonValue | undefined): JsonObject {
  if (isJsonObject(value)) return value;
  return Object.create(null);
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function textsOf(value: JsonValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((element) => typeof element === "string") : [];
}

function countOf(value: JsonValue | undefined): number | undefined {
  return typeof value === "number" && value >= 0 ? value : undefined;
}
