import type { LogLevel } from "../../logger.ts";
import type { Phase } from "../runner.ts";
import { isWorkerReport, type WorkerReport } from "./messages.ts";
import { type AttemptEnd, isAttemptEnd, isAttemptId, isLogLevel, isUserPhase } from "./shapes.ts";

/*
 * A frame is one line within a worker's standard output or error: an escape character, the worker's token, a letter that
 * tells its kind, the contents, a newline. All else in the stream is what user code, native code or child programs
 * printed; it belongs to the attempt whose `begin` came last. The token is random and new for every worker, so printed
 * text is no frame by accident.
 *
 * Child programs write to the same streams at the same time. The system keeps together only what is written at once and is
 * short, so a long frame is written as several short lines: `+` begins all but the last of them, `.` the last.
 */

export type Frame =
  | { readonly kind: "begin"; readonly attemptId: number; readonly phase: Phase }
  | { readonly kind: "phase"; readonly phase: Phase }
  | { readonly kind: "log"; readonly level: LogLevel; readonly text: string }
  /** Text for standard error, sent through standard output to stay in order with it. `ended`: a newline followed. */
  | { readonly kind: "stderr"; readonly text: string; readonly ended: boolean }
  | { readonly kind: "progress"; readonly fraction: number; readonly note: string | undefined }
  | ({ readonly kind: "end" } & AttemptEnd)
  | { readonly kind: "report"; readonly report: WorkerReport }
  /** In standard error, where `end` does not stand: the attempt that began last is over. */
  | { readonly kind: "over" };

const LETTERS = {
  begin: "b",
  phase: "p",
  log: "l",
  stderr: "e",
  progress: "g",
  end: "x",
  report: "r",
  over: "o",
} as const;

/** What begins every frame of the worker that was given `token`. */
export function frameMark(token: string): string {
  return `\u001e${token}`;
}

/** Longest line, in characters: in UTF-8 fewer than the 4096 bytes that a pipe takes at once or not at all. */
export const LONGEST_FRAME_LINE = 1300;
/** Most contents of a line: the rest is the mark, the letter and the newline. */
const LONGEST_CONTENTS = LONGEST_FRAME_LINE - 100;
/** Longest frame, in characters. A worker that sends a longer one is not to fill the daemon's memory. */
const LONGEST_FRAME = 2 ** 26;

const MORE = "+";
const LAST = ".";

/** The frame's lines, in order. Each is to be written at once. */
export function encodeFrame(mark: string, frame: Frame): readonly string[] {
  const contents = LETTERS[frame.kind] + contentsOf(frame);
  if (contents.length <= LONGEST_CONTENTS) return [`${mark}${contents}\n`];
  const lines: string[] = [];
  for (let from = 0; from < contents.length;) {
    let end = Math.min(contents.length, from + LONGEST_CONTENTS);
    // The two halves of a character do not survive alone.
    if (end < contents.length && isHighSurrogate(contents.charCodeAt(end - 1))) end -= 1;
    lines.push(`${mark}${end < contents.length ? MORE : LAST}${contents.slice(from, end)}\n`);
    from = end;
  }
  return lines;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function contentsOf(frame: Frame): string {
  switch (frame.kind) {
    case "begin":
      return `${frame.attemptId} ${frame.phase}`;
    case "phase":
      return frame.phase;
    case "log":
      return `${frame.level} ${frame.text}`;
    case "stderr":
      return `${frame.ended ? "1" : "0"}${frame.text}`;
    case "progress":
      return JSON.stringify([frame.fraction, frame.note ?? null]);
    case "end":
      return JSON.stringify({ ...frame, kind: undefined });
    case "report":
      return JSON.stringify(frame.report);
    case "over":
      return "";
  }
}

export interface FrameReader {
  /** Takes the next piece of the stream. */
  feed(text: string): void;
  /** The stream has ended: what looked like the beginning of a frame was text. */
  close(): void;
}

export interface FrameHandlers {
  readonly onText: (text: string) => void;
  readonly onFrame: (frame: Frame) => void;
  /** The last call: something else was written into a frame, so nothing that follows can be trusted. */
  readonly onGarbled: () => void;
}

/** Tells frames from text. Holds back no more than one frame that has not wholly arrived, and that no longer than frames are. */
export function createFrameReader(mark: string, handlers: FrameHandlers): FrameReader {
  let held = "";
  let pieces: string[] = [];
  let piecesLength = 0;
  let garbled = false;

  function giveUp(): void {
    garbled = true;
    held = "";
    pieces = [];
    handlers.onGarbled();
  }

  function onLine(contents: string): void {
    const first = contents.charAt(0);
    if (first === MORE || first === LAST) {
      pieces.push(contents.slice(1));
      piecesLength += contents.length;
      if (piecesLength > LONGEST_FRAME) return giveUp();
      if (first === MORE) return;
    } else if (pieces.length > 0) return giveUp();
    const frame = decodeFrame(first === LAST ? pieces.join("") : contents);
    pieces = [];
    piecesLength = 0;
    if (frame === undefined) giveUp();
    else handlers.onFrame(frame);
  }

  return {
    feed(text) {
      if (garbled) return;
      const data = held === "" ? text : held + text;
      held = "";
      let from = 0;
      while (from < data.length && !garbled) {
        const at = data.indexOf(mark, from);
        if (at === -1) {
          const possible = beginningOfMark(data, mark, from);
          if (possible > from) handlers.onText(data.slice(from, possible));
          held = data.slice(possible);
          return;
        }
        if (at > from) handlers.onText(data.slice(from, at));
        const end = data.indexOf("\n", at + mark.length);
        if ((end === -1 ? data.length : end) - at > LONGEST_FRAME_LINE) return giveUp();
        if (end === -1) {
          held = data.slice(at);
          return;
        }
        onLine(data.slice(at + mark.length, end));
        from = end + 1;
      }
    },
    close() {
      if (held !== "") handlers.onText(held);
      held = "";
    },
  };
}

/** Where the end of `data` may be the beginning of a mark; its length when it is not. */
function beginningOfMark(data: string, mark: string, from: number): number {
  const at = data.lastIndexOf(mark.charAt(0));
  return at >= from && data.length - at < mark.length && mark.startsWith(data.slice(at)) ? at : data.length;
}

/** Undefined where the contents are those of no frame. */
function decodeFrame(contents: string): Frame | undefined {
  const rest = contents.slice(1);
  switch (contents.charAt(0)) {
    case LETTERS.begin: {
      const space = rest.indexOf(" ");
      const attemptId = Number(rest.slice(0, space));
      const phase = rest.slice(space + 1);
      return space > 0 && isAttemptId(attemptId) && isUserPhase(phase)
        ? { kind: "begin", attemptId, phase }
        : undefined;
    }
    case LETTERS.phase:
      return isUserPhase(rest) ? { kind: "phase", phase: rest } : undefined;
    case LETTERS.log: {
      const space = rest.indexOf(" ");
      const level = rest.slice(0, space);
      return isLogLevel(level) ? { kind: "log", level, text: rest.slice(space + 1) } : undefined;
    }
    case LETTERS.stderr:
      return /^[01]/.test(rest)
        ? { kind: "stderr", text: rest.slice(1), ended: rest.startsWith("1") }
        : undefined;
    case LETTERS.progress: {
      const value = parseJson(rest);
      if (!Array.isArray(value)) return undefined;
      const [fraction, note]: readonly unknown[] = value;
      if (typeof fraction !== "number" || (typeof note !== "string" && note !== null)) return undefined;
      return { kind: "progress", fraction, note: note ?? undefined };
    }
    case LETTERS.end: {
      const value = parseJson(rest);
      return isAttemptEnd(value) ? { ...value, kind: "end" } : undefined;
    }
    case LETTERS.report: {
      const report = parseJson(rest);
      return isWorkerReport(report) ? { kind: "report", report } : undefined;
    }
    case LETTERS.over:
      return rest === "" ? { kind: "over" } : undefined;
    default:
      return undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
