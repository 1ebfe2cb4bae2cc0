import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { programUrl } from "../../program.ts";
import type { TaskTypeDescription } from "../runner.ts";
import type { DatasourceCall, SentError } from "./datasource-calls.ts";
import {
  encodeOrders,
  ORDERS_DESCRIPTOR,
  READS_MESSAGES_AFTER_MS,
  type WorkerOrder,
  type WorkerReport,
} from "./messages.ts";
import { createRecalls } from "./recalls.ts";
import { type OutputHandlers, readOutput, type RunningAttempt } from "./worker-output.ts";

/** How long what a dead worker printed is waited for, in milliseconds: a program that left its group may hold the pipes. */
const DRAIN_MS = 1000;

const GARBLED =
  "was ended, because its output was garbled: something wrote into the middle of what it told the daemon,";

export interface WorkerHandlers extends Omit<OutputHandlers, "onGarbled" | "onReport"> {
  onReady(types: readonly TaskTypeDescription[]): void;
  onLoadFailed(error: SentError): void;
  /** These had not begun, and will not begin in this worker. */
  onRecalled(attemptIds: readonly number[]): void;
  onCall(call: DatasourceCall): void;
  /** The last call: the process has ended and what it printed is read. */
  onExit(exit: WorkerExit): void;
}

export interface WorkerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why the daemon ended it, where that says more than its signal. */
  readonly reason?: string | undefined;
  /** The system could not start it. */
  readonly failure?: Error | undefined;
}

/** To follow on "the worker process". */
export function describeExit({ code, signal, reason }: WorkerExit): string {
  if (reason !== undefined) return reason;
  return signal === null ? `ended with exit code ${code ?? "unknown"}` : `was ended by ${signal}`;
}

/** One worker process: its orders and its output, turned into calls of the handlers. Knows nothing of queues of attempts. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  /** The attempt that has begun and not ended, and when it began by this process's clock (`performance.now`). */
  readonly running: RunningAttempt | undefined;
  /** Sent with the others of this turn of the event loop, by `flush`. */
  post(order: WorkerOrder): void;
  flush(): void;
  /** Asks for attempts back; what comes back is told by `onRecalled`. May be repeated. */
  recall(attemptIds: readonly number[]): void;
  /** Ends the process, and the programs that it started, at once. */
  kill(): void;
}

export function startWorkerProcess(
  options: {
    readonly files: readonly string[];
    readonly builtIn: boolean;
    readonly environment: Readonly<Record<string, string>>;
    readonly directory: string;
  },
  handlers: WorkerHandlers,
): WorkerProcess {
  const token = randomBytes(9).toString("base64url");
  const program = programUrl(import.meta.url, "../../../daemon/worker/main.ts", "worker.mjs");
  // None of the daemon's own flags (an inspector's port, say). Type stripping and SQLite warn on older versions of Node.
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", fileURLToPath(program)], {
    cwd: options.directory,
    // Inside an editor the program that runs this is Electron, which is Node only when it is told so.
    env: { ...options.environment, ...(process.versions["electron"] && { ELECTRON_RUN_AS_NODE: "1" }) },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    // A process group of its own: it can be killed with the programs it started, and a terminal's Ctrl-C is the daemon's alone.
    detached: process.platform !== "win32",
    windowsHide: true,
  });
  const orders = ordersOf(child);
  let outbox: WorkerOrder[] = [];
  let reason: string | undefined;
  let over = false;

  function send(written?: () => void): void {
    const lines = encodeOrders(outbox);
    outbox = [];
    // A failed write means that the worker is dying: its exit tells the rest.
    orders?.write(lines, (error) => {
      if (error === null || error === undefined) written?.();
    });
  }

  const output = readOutput(child, token, {
    ...handlers,
    onReport,
    onGarbled() {
      reason ??= GARBLED;
      kill();
    },
  });
  const recalls = createRecalls(handlers.onRecalled);

  function recall(attemptIds: readonly number[]): void {
    const recallId = recalls.open(attemptIds);
    outbox.push({ kind: "recall", recallId, attemptIds });
    const before = output.running;
    // The worker answers when its event loop turns. User code may block that for hours, so there is a second way:
    // the message has reached the worker (`written`) while an attempt was running that had run for long, and one turn of
    // our own event loop later its end is not to be read. It ends after the message came, then; and after an attempt
    // that long the worker reads its messages before it begins another one.
    send(() => {
      if (before === undefined || performance.now() - before.since <= READS_MESSAGES_AFTER_MS + 10) return;
      setImmediate(() =>
        setImmediate(() => {
          if (output.running === before && !output.behind()) recalls.settle(recallId, attemptIds);
        }),
      );
    });
  }

  function onReport(report: WorkerReport): void {
    if (report.kind === "ready") handlers.onReady(report.types);
    else if (report.kind === "load_failed") handlers.onLoadFailed(report.error);
    else if (report.kind === "recalled") recalls.settle(report.recallId, report.attemptIds);
    else handlers.onCall(report);
  }

  /** Once it has ended, its number may be another process's. */
  function kill(): void {
    if (over) return;
    killGroup(child);
    child.kill("SIGKILL");
  }

  const finish = (exit: WorkerExit): void => {
    if (over) return;
    over = true;
    void output.closed.then(() => handlers.onExit({ ...exit, reason }));
  };
  child.on("error", (failure) => {
    // It could not be started, or could not be killed; the second shows in its exit.
    if (child.pid !== undefined) return;
    output.giveUp();
    finish({ code: null, signal: null, failure });
  });
  child.on("exit", (code, signal) => {
    killGroup(child);
    setTimeout(output.giveUp, DRAIN_MS).unref();
    finish({ code, signal });
  });

  outbox.push({ kind: "load", files: options.files, builtIn: options.builtIn, token });
  send();
  return {
    pid: child.pid,
    get running() {
      return output.running;
    },
    post(order) {
      outbox.push(order);
    },
    flush() {
      if (outbox.length > 0) send();
    },
    recall,
    kill,
  };
}

/** The pipe of its orders; undefined where the system had none to give. */
function ordersOf(child: ChildProcess): Duplex | undefined {
  const pipe: unknown = child.stdio?.[ORDERS_DESCRIPTOR];
  if (!(pipe instanceof Duplex)) return undefined;
  // What user code writes to its end is dropped.
  pipe.resume();
  pipe.on("error", () => {});
  return pipe;
}

/** Kills what is left of the worker's process group. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || process.platform === "win32") return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // Nobody is left in it.
  }
}
