import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { createLineAssembler } from "../phases/lines.ts";
import type { AttemptLogLine, Phase } from "../runner.ts";
import { createFrameReader, type Frame, frameMark } from "./frames.ts";
import type { WorkerReport } from "./messages.ts";
import type { AttemptEnd } from "./shapes.ts";

/** A piece of output this long comes from a flood: other work of the daemon goes before the next piece. */
const FLOOD_CHARACTERS = 32 * 1024;

export interface OutputHandlers {
  onBegin(attemptId: number, phase: Phase): void;
  onPhase(attemptId: number, phase: Phase): void;
  onProgress(attemptId: number, fraction: number, note: string | undefined): void;
  /** Every line of the attempt has been given before. */
  onEnd(end: AttemptEnd): void;
  onReport(report: WorkerReport): void;
  /** Something wrote into the worker's frames: nothing more is read from it. */
  onGarbled(): void;
  /** A line of an attempt; undefined outside of any, as while task files load. */
  onLine(attemptId: number | undefined, line: AttemptLogLine): void;
}

/** `since`: when its beginning was read, by `performance.now`. */
export interface RunningAttempt {
  readonly attemptId: number;
  readonly since: number;
}

export interface WorkerOutput {
  /** The attempt that has begun and whose end is not yet read. */
  readonly running: RunningAttempt | undefined;
  /** Both streams have ended and are read, or were given up. */
  readonly closed: Promise<void>;
  /** Whether reading waits for other work. */
  behind(): boolean;
  giveUp(): void;
}

/** Reads both output streams: frames and lines, each line with the attempt in whose time it was printed. */
export function readOutput(child: ChildProcess, token: string, handlers: OutputHandlers): WorkerOutput {
  const mark = frameMark(token);
  /** Attempts have a place in the order in which they began, the same in both streams: that tells which end belongs to which. */
  let begunInStdout = 0;
  let begunInStderr = 0;
  let overInStderr = 0;
  let running: RunningAttempt | undefined;
  let inStdout: number | undefined;
  let inStderr: number | undefined;
  let pauses = 0;
  const ends: { readonly place: number; readonly end: AttemptEnd }[] = [];

  const stdoutLines = createLineAssembler((text) =>
    handlers.onLine(inStdout, { stream: "stdout", level: "info", text }),
  );
  const writtenStderrLines = createLineAssembler((text) =>
    handlers.onLine(inStdout, { stream: "stderr", level: "warn", text }),
  );
  const stderrLines = createLineAssembler((text) =>
    handlers.onLine(inStderr, { stream: "stderr", level: "warn", text }),
  );

  function flushStdout(): void {
    stdoutLines.flush();
    writtenStderrLines.flush();
  }

  function giveEnds(): void {
    for (let first = ends[0]; first !== undefined && first.place <= overInStderr; first = ends[0]) {
      ends.shift();
      handlers.onEnd(first.end);
    }
  }

  function onStdoutFrame(frame: Frame): void {
    switch (frame.kind) {
      case "begin":
        flushStdout();
        begunInStdout += 1;
        inStdout = frame.attemptId;
        running = { attemptId: frame.attemptId, since: performance.now() };
        handlers.onBegin(frame.attemptId, frame.phase);
        break;
      case "phase":
        if (inStdout !== undefined) handlers.onPhase(inStdout, frame.phase);
        break;
      case "log":
        handlers.onLine(inStdout, { stream: "log", level: frame.level, text: frame.text });
        break;
      case "stderr":
        writtenStderrLines.push(frame.ended ? `${frame.text}\n` : frame.text);
        break;
      case "progress":
        if (inStdout !== undefined) handlers.onProgress(inStdout, frame.fraction, frame.note);
        break;
      case "end":
        flushStdout();
        inStdout = undefined;
        running = undefined;
        ends.push({ place: begunInStdout, end: frame });
        giveEnds();
        break;
      case "report":
        handlers.onReport(frame.report);
        break;
      case "over":
        break;
    }
  }

  function onStderrFrame(frame: Frame): void {
    stderrLines.flush();
    if (frame.kind === "begin") {
      overInStderr = begunInStderr;
      begunInStderr += 1;
      inStderr = frame.attemptId;
    } else if (frame.kind === "over") {
      overInStderr = begunInStderr;
      inStderr = undefined;
    }
    giveEnds();
  }

  const { onGarbled } = handlers;
  const stdout = createFrameReader(mark, { onText: stdoutLines.push, onFrame: onStdoutFrame, onGarbled });
  const stderr = createFrameReader(mark, { onText: stderrLines.push, onFrame: onStderrFrame, onGarbled });
  const done = Promise.withResolvers<void>();
  const open = new Set<Readable>();
  let givenUp = false;

  /** A process for which the system had no descriptors left has no streams, whatever its type says. */
  function follow(stream: Readable | null | undefined, reader: typeof stdout, atEnd: () => void): void {
    if (stream === null || stream === undefined) return;
    open.add(stream);
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      reader.feed(text);
      if (text.length < FLOOD_CHARACTERS || givenUp) return;
      pauses += 1;
      stream.pause();
      setImmediate(() => {
        pauses -= 1;
        stream.resume();
      });
    });
    const end = (): void => {
      if (!open.delete(stream)) return;
      reader.close();
      atEnd();
      if (open.size === 0) done.resolve();
    };
    stream.on("close", end);
    stream.on("error", end);
  }
  follow(child.stdout, stdout, flushStdout);
  follow(child.stderr, stderr, () => {
    stderrLines.flush();
    overInStderr = Infinity;
    giveEnds();
  });
  if (open.size === 0) done.resolve();
  return {
    closed: done.promise,
    get running() {
      return running;
    },
    behind: () => pauses > 0,
    giveUp() {
      givenUp = true;
      for (const stream of open) stream.destroy();
    },
  };
}
