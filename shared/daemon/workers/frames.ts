import type { LogLevel } from "../../logger.ts";
import type { AttemptOutcome, Phase } from "../runner.ts";

/*
 * A frame is one line within a worker's standard output or error: an escape character, the worker's token, a letter that
 * tells its kind, the contents, a newline. All else in the stream is what user code, native code or child programs
 * printed; it belongs to the attempt whose `begin` came last. The token is random and new for every worker, so printed
 * text is no frame by accident.
 */

export type Frame =
  | { readonly kind: "begin"; readonly attemptId: number; readonly phase: Phase }
  | { readonly kind: "phase"; readonly phase: Phase }
  | { readonly kind: "log"; readonly level: LogLevel; readonly text: string }
  /** Text for standard error, sent through standard output to stay in order with it. `ended`: a newline followed. */
  | { readonly kind: "stderr"; readonly text: string; readonly ended: boolean }
  | { readonly kind: "progress"; readonly fraction: number; readonly note: string | undefined }
  | ({ readonly kind: "end" } & AttemptEnd)
  /** In standard error, where `end` does not stand: the attempt that began last is over. */
  | { readonly kind: "over" };

export interface AttemptEnd {
  readonly attemptId: number;
  readonly outcome: AttemptOutcome;
  /** From begin to end. */
  readonly milliseconds: number;
  /** The worker's resident memory in bytes, told now and then. */
  readonly residentBytes?: number;
  /** True when the worker ends after this attempt: something was thrown outside of it, or it called `process.exit`. */
  readonly fatal?: boolean;
}

const LETTERS = {
  begin: "b",
  phase: "p",
  log: "l",
  stderr: "e",
  progress: "g",
  end: "x",
  over: "o",
} as const;

/** What begins every frame of the worker that was given `token`. */
export function frameMark(token: string): string {
  return `\u001e${token}`;
}

/** Longest piece of printed text in one frame, in characters: small enough that the system writes a frame at once. */
export const LONGEST_FRAME_TEXT = 4096;

export function encodeFrame(mark: string, frame: Frame): string {
  return `${mark}${LETTERS[frame.kind]}${contentsOf(frame)}\n`;
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
      return JSON.stringify([frame.fraction, frame.note]);
    case "end":
      return JSON.stringify({ ...frame, kind: undefined });
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

/** Tells frames from text. Holds back no more than one frame that has not wholly arrived. */
export function createFrameReader(
  mark: string,
  handlers: { readonly onText: (text: string) => void; readonly onFrame: (frame: Frame) => void },
): FrameReader {
  let held = "";
  return {
    feed(text) {
      const data = held === "" ? text : held + text;
      held = "";
      let from = 0;
      while (from < data.length) {
        const at = data.indexOf(mark, from);
        if (at === -1) {
          const possible = beginningOfMark(data, mark, from);
          if (possible > from) handlers.onText(data.slice(from, possible));
          held = data.slice(possible);
          return;
        }
        if (at > from) handlers.onText(data.slice(from, at));
        const end = data.indexOf("\n", at + mark.length);
        if (end === -1) {
          held = data.slice(at);
          return;
        }
        const contents = data.slice(at + mark.length, end);
        const frame = decodeFrame(contents);
        if (frame === undefined) handlers.onText(contents);
        else handlers.onFrame(frame);
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

function decodeFrame(contents: string): Frame | undefined {
  const rest = contents.slice(1);
  switch (contents.charAt(0)) {
    case LETTERS.begin: {
      const space = rest.indexOf(" ");
      return {
        kind: "begin",
        attemptId: Number(rest.slice(0, space)),
        phase: rest.slice(space + 1) as Phase,
      };
    }
    case LETTERS.phase:
      return { kind: "phase", phase: rest as Phase };
    case LETTERS.log: {
      const space = rest.indexOf(" ");
      return { kind: "log", level: rest.slice(0, space) as LogLevel, text: rest.slice(space + 1) };
    }
    case LETTERS.stderr:
      return { kind: "stderr", text: rest.slice(1), ended: rest.startsWith("1") };
    case LETTERS.progress: {
      const [fraction, note] = JSON.parse(rest) as [number, string | null];
      return { kind: "progress", fraction, note: note ?? undefined };
    }
    case LETTERS.end:
      return { kind: "end", ...(JSON.parse(rest) as AttemptEnd) };
    case LETTERS.over:
      return { kind: "over" };
    default:
      return undefined;
  }
}
