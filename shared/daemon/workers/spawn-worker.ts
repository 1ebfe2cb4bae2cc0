import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { programUrl } from "../../program.ts";
import { INSPECTOR_FLAG } from "./inspector.ts";
import { encodeOrders, ORDERS_DESCRIPTOR, type WorkerOrder } from "./messages.ts";
import { type OutputHandlers, readOutput, type WorkerOutput } from "./worker-output.ts";

/** How long what a dead worker printed is waited for, in milliseconds: a program that left its group may hold the pipes. */
const DRAIN_MS = 1000;

const GARBLED =
  "was ended, because its output was garbled: something wrote into the middle of what it told the daemon,";

export interface SpawnOptions {
  readonly files: readonly string[];
  readonly builtIn: boolean;
  /** Whether files that cannot be loaded are left out. */
  readonly partial: boolean;
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  /** Whether it waits for a debugger before it does anything; it prints where (`inspector.ts`). Default false. */
  readonly inspect?: boolean;
}

export interface SpawnHandlers extends Omit<OutputHandlers, "onGarbled"> {
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

/** A worker process as the system sees it: orders go in, output comes out, it can be killed. */
export interface SpawnedWorker {
  readonly pid: number | undefined;
  readonly output: WorkerOutput;
  /** @param written called when the orders have reached the worker; never when they cannot */
  send(orders: readonly WorkerOrder[], written?: () => void): void;
  /** Ends the process, and the programs that it started, at once. */
  kill(): void;
}

/** Starts a worker process and has it load the task files. What the system refuses comes as its exit, or is thrown at once. */
export function spawnWorker(options: SpawnOptions, handlers: SpawnHandlers): SpawnedWorker {
  const token = randomBytes(9).toString("base64url");
  const program = programUrl(import.meta.url, "../../../daemon/worker/main.ts", "worker.mjs");
  // None of the daemon's own flags (an inspector's port, say). Type stripping and SQLite warn on older versions of Node.
  const flags = [
    "--disable-warning=ExperimentalWarning",
    ...(options.inspect === true ? [INSPECTOR_FLAG] : []),
  ];
  const child = spawn(process.execPath, [...flags, fileURLToPath(program)], {
    cwd: options.directory,
    // Inside an editor the program that runs this is Electron, which is Node only when it is told so.
    env: { ...options.environment, ...(process.versions["electron"] && { ELECTRON_RUN_AS_NODE: "1" }) },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    // A process group of its own: it can be killed with the programs it started, and a terminal's Ctrl-C is the daemon's alone.
    detached: process.platform !== "win32",
    windowsHide: true,
  });
  const pipe = ordersOf(child);
  let reason: string | undefined;
  let over = false;

  function send(orders: readonly WorkerOrder[], written?: () => void): void {
    // A failed write means that the worker is dying: its exit tells the rest.
    pipe?.write(encodeOrders(orders), (error) => {
      if (error === null || error === undefined) written?.();
    });
  }

  /** Once it has ended, its number may be another process's. */
  function kill(): void {
    if (over) return;
    killGroup(child);
    child.kill("SIGKILL");
  }

  const output = readOutput(child, token, {
    ...handlers,
    onGarbled() {
      reason ??= GARBLED;
      kill();
    },
  });

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

  const { files, builtIn, partial } = options;
  send([{ kind: "load", files, builtIn, partial, token }]);
  return { pid: child.pid, output, send, kill };
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
