import { writeSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { Writable } from "node:stream";
import type { LogLevel } from "../../shared/logger.ts";
import { cutLine } from "../../shared/daemon/phases/lines.ts";
import type { Phase } from "../../shared/daemon/runner.ts";
import {
  encodeFrame,
  type Frame,
  frameMark,
  LONGEST_FRAME_LINE,
} from "../../shared/daemon/workers/frames.ts";
import type { AttemptEnd } from "../../shared/daemon/workers/shapes.ts";
import type { WorkerReport } from "../../shared/daemon/workers/messages.ts";

/**
 * The worker's two output streams, written synchronously: what was written before a crash is not lost, and stands in
 * the order in which it was written. When the daemon reads slowly, writing waits.
 */
export interface WorkerOutput {
  begin(attemptId: number, phase: Phase): void;
  phase(phase: Phase): void;
  log(level: LogLevel, message: string): void;
  progress(fraction: number, note: string | undefined): void;
  report(report: WorkerReport): void;
  /**
   * @param followed true when `begin` follows at once, before any other code runs: then both go in one write
   */
  end(end: AttemptEnd, followed: boolean): void;
}

const STDOUT = 1;
const STDERR = 2;
/** Most characters of printed text in one frame: no line holds up many others for long. */
const LONGEST_PRINTED = 4096;

/** Takes over `process.stdout` and `process.stderr`, which `console` writes to. */
export function openOutput(token: string): WorkerOutput {
  const mark = frameMark(token);
  /** Lines that go with those that follow at once. */
  let held: readonly string[] = [];

  function stdout(data: string | Uint8Array): void {
    frames([]);
    writeAll(STDOUT, data);
  }

  /** Lines that are short go together, as long as the system writes them at once. */
  function frames(lines: readonly string[]): void {
    const all = held.length === 0 ? lines : [...held, ...lines];
    held = [];
    let together = "";
    for (const line of all) {
      if (together.length + line.length > LONGEST_FRAME_LINE) {
        if (together !== "") writeAll(STDOUT, together);
        together = line;
      } else together += line;
    }
    if (together !== "") writeAll(STDOUT, together);
  }

  const frame = (frame: Frame): void => frames(encodeFrame(mark, frame));

  /** Through standard output, to stay in order with it. Standard error itself is for native code and child programs. */
  function stderr(text: string): void {
    const lines: string[] = [];
    for (let from = 0; from < text.length;) {
      const newline = text.indexOf("\n", from);
      const end = Math.min(newline === -1 ? text.length : newline, from + LONGEST_PRINTED);
      const ended = end === newline;
      lines.push(...encodeFrame(mark, { kind: "stderr", text: text.slice(from, end), ended }));
      from = ended ? end + 1 : end;
    }
    frames(lines);
  }

  const decoder = new StringDecoder("utf8");
  replaceStream("stdout", STDOUT, stdout);
  replaceStream("stderr", STDERR, (data) => stderr(typeof data === "string" ? data : decoder.write(data)));

  return {
    begin(attemptId, phase) {
      writeAll(STDERR, encodeFrame(mark, { kind: "begin", attemptId, phase }).join(""));
      frame({ kind: "begin", attemptId, phase });
    },
    phase: (phase) => frame({ kind: "phase", phase }),
    log(level, message) {
      for (const line of message.split("\n")) frame({ kind: "log", level, text: cutLine(line) });
    },
    progress: (fraction, note) => frame({ kind: "progress", fraction, note }),
    report: (report) => frame({ kind: "report", report }),
    end(end, followed) {
      if (followed) {
        // What begins next says in standard error that this one is over.
        held = encodeFrame(mark, { kind: "end", ...end });
        return;
      }
      writeAll(STDERR, encodeFrame(mark, { kind: "over" }).join(""));
      frame({ kind: "end", ...end });
    },
  };
}

const asleep = new Int32Array(new SharedArrayBuffer(4));

function writeAll(descriptor: number, data: string | Uint8Array): void {
  let rest = typeof data === "string" ? Buffer.from(data) : data;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      // A child program may have made the pipe, which it shares, one that does not wait.
      if (code === "EAGAIN") Atomics.wait(asleep, 0, 0, 1);
      // The daemon is gone, or user code closed the stream: nobody could hear of anything that happens here.
      else process.kill(process.pid, "SIGKILL");
    }
  }
}

/**
 * Node's own stream would make the pipe one that does not wait, for child programs too, and buffer what does not fit.
 * Like Node's it cannot be ended.
 */
function replaceStream(
  name: "stdout" | "stderr",
  descriptor: number,
  write: (data: string | Uint8Array) => void,
): void {
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string | Uint8Array, _encoding, done) {
      write(chunk);
      done();
    },
    destroy(_error, done) {
      done(null);
    },
  });
  Object.assign(stream, {
    fd: descriptor,
    end: (chunk?: unknown) => {
      if (typeof chunk === "string" || chunk instanceof Uint8Array) stream.write(chunk);
      return stream;
    },
    destroy: () => stream,
  });
  Object.defineProperty(process, name, { configurable: true, enumerable: true, get: () => stream });
}
