import { createHash } from "node:crypto";
import { SimpleTasksError } from "../errors.ts";
import { parseTask } from "./document.ts";
import { quoteJson, stringifyJson, toAscii } from "./json.ts";

/** Where an attempt ran. */
export interface HostInfo {
  readonly hostname: string;
  readonly user: string;
}

/** What an error report carries under `simpletasks`. */
export interface ErrorReportMarks {
  /** 1 for the first attempt; absent when the message never became one. */
  readonly attempt?: number | undefined;
  readonly phase: string;
  readonly error: { readonly name: string; readonly message: string; readonly code?: string | undefined };
  /** The last lines of the task's log, oldest first. */
  readonly log_tail?: readonly string[] | undefined;
  readonly daemon: string;
  /** ISO 8601, UTC. */
  readonly started_at?: string | undefined;
  readonly duration_ms?: number | undefined;
}

/** What a done report carries there. */
export type DoneReportMarks = Pick<ErrorReportMarks, "attempt" | "daemon" | "started_at" | "duration_ms">;

/**
 * The message for the error queue, in ASCII. A task that can be parsed stands in it exactly as it was written; any other
 * text as a JSON string.
 *
 * `maxBytes` is kept by cutting the log's oldest lines and the exception's end, in equal parts where both are long. The
 * task is not cut unless `cutTask` says so: a report of a large task may be larger than `maxBytes`.
 *
 * With `cutTask`, for a queue that refused the whole report, `task` is a JSON string with the text's beginning, and
 * `simpletasks.task_cut` tells the whole text's length in bytes of UTF-8 and its SHA-256 in hexadecimal digits, and
 * `simpletasks.batch` the batch in which its end was counted.
 */
export function errorReport(report: {
  readonly host: HostInfo;
  /** The message's text. */
  readonly task: string;
  /** Told where the task is cut: a whole one says it itself. */
  readonly batch?: string | undefined;
  /** Message and stack. */
  readonly exception: string;
  readonly simpletasks: ErrorReportMarks;
  readonly maxBytes: number;
  /** Default false. */
  readonly cutTask?: boolean;
}): string {
  const { cutTask = false } = report;
  const {
    attempt,
    phase,
    error,
    log_tail: logTail = [],
    daemon,
    started_at,
    duration_ms,
  } = report.simpletasks;
  const head = `{"host_info":${hostJson(report.host)},"task":${
    cutTask ? cutTaskJson(report.task, report.maxBytes) : taskJson(report.task)
  },"exception":"`;
  const shortError = present({
    name: shortened(error.name, 200),
    message: shortened(error.message, 2000),
    code: error.code,
  });
  const marks = present({
    attempt,
    phase,
    daemon,
    started_at,
    duration_ms,
    ...(cutTask && ofCut(report)),
    error: shortError,
  });
  const middle = `","simpletasks":${withoutEnd(stringifyJson(marks))}`;
  const end = "}}";
  const room = Math.max(report.maxBytes - head.length - middle.length - end.length, 0);
  // An exception or a line of which only a part can ever fit is not escaped whole.
  const exception = quotedPart(report.exception, room);
  const log = logJson(logTail, Math.max(room - exception.length, Math.floor(room / 2)));
  const fitting =
    exception.length + log.length <= room ? exception : quotedPart(report.exception, room - log.length);
  return head + fitting + middle + log + end;
}

/** The message for the done queue, in ASCII; the task stands in it exactly as it was written. */
export function doneReport(report: DoneReport): string {
  return doneJson(report, toAscii(report.task.trim()), `[${report.outputs.map(quoteJson).join(",")}]`);
}

/**
 * The same for a queue that refused the whole report: `outputs` is a count instead of a list, and, where the report would
 * still be longer than `maxBytes`, the task is cut as {@link errorReport} cuts it.
 */
export function shortDoneReport(report: DoneReport & { readonly maxBytes: number }): string {
  const count = String(report.outputs.length);
  const whole = doneJson(report, toAscii(report.task.trim()), count);
  if (whole.length <= report.maxBytes) return whole;
  const cut = { ...report, simpletasks: { ...report.simpletasks, ...ofCut(report) } };
  return doneJson(cut, cutTaskJson(report.task, report.maxBytes), count);
}

interface DoneReport {
  readonly host: HostInfo;
  /** The message's text: a well-formed task document. */
  readonly task: string;
  /** Told where the task is cut. */
  readonly batch?: string | undefined;
  /** Keys of what the task stored. */
  readonly outputs: readonly string[];
  readonly simpletasks: DoneReportMarks;
}

function doneJson(report: DoneReport, task: string, outputs: string): string {
  return (
    `{"host_info":${hostJson(report.host)},"task":${task},` +
    `"result":{"success":true,"outputs":${outputs}},` +
    `"simpletasks":${stringifyJson(present(report.simpletasks))}}`
  );
}

/** The text's beginning as a JSON string that leaves most of the report to the rest. */
function cutTaskJson(text: string, maxBytes: number): string {
  return `"${quotedPart(text, Math.min(longestCutTask, Math.floor(maxBytes / 4)))}"`;
}

/** Most characters of a cut task in a report. */
const longestCutTask = 8192;

/** Enough to find the task elsewhere, to know it, and to know where its end was counted. */
function ofCut({ task, batch = "" }: { readonly task: string; readonly batch?: string | undefined }): object {
  const task_cut = {
    bytes: Buffer.byteLength(task),
    sha256: createHash("sha256").update(task).digest("hex"),
  };
  return { task_cut, ...(batch !== "" && batch.length <= longestBatch && { batch }) };
}

/** Letters of a batch's id beyond which a cut report does without it: it must stay small. */
const longestBatch = 256;

function hostJson(host: HostInfo): string {
  return `{"hostname":${quoteJson(host.hostname)},"user":${quoteJson(host.user)}}`;
}

function taskJson(text: string): string {
  try {
    parseTask(text);
  } catch (error) {
    if (!(error instanceof SimpleTasksError)) throw error;
    return quoteJson(text);
  }
  return toAscii(text.trim());
}

/** `,"log_tail":[…]` with as many of the last lines as fit into `room` characters; empty when none does. */
function logJson(lines: readonly string[], room: number): string {
  const opening = ',"log_tail":[';
  const fitting: string[] = [];
  let left = room - opening.length - 1;
  for (const line of lines.toReversed()) {
    const quoted = line.length <= left ? quoteJson(line) : "";
    if (quoted === "" || quoted.length > left) {
      // Of a single line that is too long, its beginning says more than nothing.
      const part = fitting.length === 0 ? quotedPart(line, left - 2) : "";
      if (part !== "") fitting.push(`"${part}"`);
      break;
    }
    left -= quoted.length + 1;
    fitting.push(quoted);
  }
  return fitting.length === 0 ? "" : `${opening}${fitting.toReversed().join(",")}]`;
}

const cutMark = "\n… (cut)";

/** The inside of the JSON string for as much of the text as fits into `room` characters, marked where it was cut. */
function quotedPart(text: string, room: number): string {
  if (text.length <= room) {
    const whole = quoteJson(text).slice(1, -1);
    if (whole.length <= room) return whole;
  }
  const mark = quoteJson(cutMark).slice(1, -1);
  let part = "";
  for (const character of text) {
    const quoted = quoteJson(character).slice(1, -1);
    if (part.length + quoted.length + mark.length > room) break;
    part += quoted;
  }
  return mark.length <= room ? part + mark : "";
}

function shortened(text: string, characters: number): string {
  if (text.length <= characters) return text;
  return `${text.slice(0, characters).replace(halfPair, "")}…`;
}

const halfPair = /[\ud800-\udbff]$/;

/** Optional properties may be there as undefined; JSON has no such thing. */
function present(record: object): object {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

function withoutEnd(object: string): string {
  return object.slice(0, -1);
}
