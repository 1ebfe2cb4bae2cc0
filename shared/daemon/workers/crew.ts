import type { SimpleTasksError } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import { taskFilePath } from "../../task/task-file-path.ts";
import { TransientMap } from "../../transient-map.ts";
import type { AttemptLogLine, Phase, TaskTypeDescription } from "../runner.ts";
import { type DatasourceCall, receiveError } from "./datasource-calls.ts";
import { workerEnvironment } from "./environment.ts";
import type { AttemptEnd } from "./shapes.ts";
import type { PooledAttempt } from "./pooled-attempt.ts";
import { readInspectorLine, waitsForDebugger } from "./inspector.ts";
import { openWarden } from "./warden.ts";
import { diedLoading, LINES_SHOWN, loadedTooLong } from "./load-failures.ts";
import type { WorkerExit } from "./spawn-worker.ts";
import { startWorkerProcess, type WorkerProcess } from "./worker-process.ts";
import type { RunningAttempt } from "./worker-output.ts";

/** Pauses before another worker is started after some have died while they loaded the task files, in milliseconds. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

export interface CrewOptions {
  readonly taskFiles: readonly (string | URL)[];
  readonly builtIn: boolean;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** How long task files may take to load. */
  readonly loadSeconds: number;
  /** How long a worker that was asked to end may take. */
  readonly graceSeconds: number;
  readonly log: Logger;
  /** Given: workers wait for a debugger there before they load anything, and are waited for as long as that takes. */
  readonly onInspector: ((address: string) => void) | undefined;
}

/** A worker process and what it has to do: *loading* the task files, *ready*, *leaving* once its attempts are over. */
export interface Worker {
  readonly process: WorkerProcess;
  state: "loading" | "ready" | "leaving";
  /** Sent to it and not over, in the order sent. At most the first has begun. */
  readonly attempts: TransientMap<number, PooledAttempt>;
  /** How many attempts it has ended. */
  finished: number;
  /** The attempt in whose time those behind it were asked back. */
  recalledDuring: RunningAttempt | undefined;
}

export interface CrewEvents {
  onReady(worker: Worker): void;
  onBegin(worker: Worker, attemptId: number, phase: Phase): void;
  onEnd(worker: Worker, end: AttemptEnd): void;
  onRecalled(worker: Worker, attemptIds: readonly number[]): void;
  /** The process has ended; its attempts are for the receiver to place. */
  onGone(worker: Worker, exit: WorkerExit): void;
}

/** Keeps a number of workers at work: starts them, replaces those that leave or die, ends them all. */
export interface Crew extends AsyncDisposable {
  /** Loads the task files in a first worker, which sees no variable that they list, then starts the others. @throws `task_type_invalid` */
  start(size: number): Promise<readonly TaskTypeDescription[]>;
  readonly workers: ReadonlySet<Worker>;
  /** Replaces the worker, which ends when its attempts are over. */
  retire(worker: Worker): void;
  /** To be told when a worker that leaves has nothing more to do. */
  release(worker: Worker): void;
  /** The worker ends by itself now; it is replaced once it has. */
  expectEnd(worker: Worker): void;
}

export function createCrew(options: CrewOptions, events: CrewEvents): Crew {
  const { log } = options;
  const files = options.taskFiles.map(taskFilePath);
  const workers = new Set<Worker>();
  const warden = openWarden();
  let size = 0;
  let listed: readonly string[] = [];
  let failures = 0;
  let pause: NodeJS.Timeout | undefined;
  let closing = false;
  let allGone: (() => void) | undefined;

  /** Resolves when the task files are loaded. @param inspect whether a debugger is to come first */
  function hire(inspect: boolean): {
    readonly worker: Worker;
    readonly loaded: Promise<readonly TaskTypeDescription[]>;
  } {
    const { promise, resolve, reject } = Promise.withResolvers<readonly TaskTypeDescription[]>();
    const printed: string[] = [];
    let refusal: SimpleTasksError | undefined;
    let entered: string | undefined;
    const process = startWorkerProcess(
      {
        files,
        builtIn: options.builtIn,
        environment: workerEnvironment(options.environment, listed),
        directory: options.directory,
        inspect,
      },
      {
        onEntered(file) {
          entered = file;
        },
        onReady(types) {
          clearTimeout(timer);
          if (worker.state === "loading") worker.state = "ready";
          resolve(types);
          events.onReady(worker);
        },
        onLoadFailed(error) {
          refusal = receiveError(error);
          process.kill();
        },
        onBegin: (attemptId, phase) => events.onBegin(worker, attemptId, phase),
        onPhase: (attemptId, phase) => worker.attempts.get(attemptId)?.inPhase(phase),
        onProgress: (attemptId, fraction, note) => worker.attempts.get(attemptId)?.progress(fraction, note),
        onEnd: (end) => events.onEnd(worker, end),
        onRecalled: (attemptIds) => events.onRecalled(worker, attemptIds),
        onLine(attemptId, line) {
          const attempt = attemptId === undefined ? undefined : worker.attempts.get(attemptId);
          if (attempt !== undefined) attempt.line(line);
          // Nothing runs there any longer: no debugger that stays makes the daemon wait.
          else if (inspect && worker.state === "leaving" && waitsForDebugger(line)) process.kill();
          else if (!inspect || !readInspectorLine(line, options.onInspector))
            outsideLine(worker, line, printed);
        },
        onCall: (call) => answer(worker, call),
        onExit(exit) {
          clearTimeout(timer);
          workers.delete(worker);
          if (process.pid !== undefined) warden.forget(process.pid);
          reject(refusal ?? diedLoading(exit, printed, entered));
          events.onGone(worker, exit);
          if (workers.size === 0) allGone?.();
          // One that could not be started is tried again after a pause.
          if (worker.state !== "loading") refill();
        },
      },
    );
    const worker: Worker = {
      process,
      state: "loading",
      attempts: new TransientMap(),
      finished: 0,
      recalledDuring: undefined,
    };
    const tooLong = (): void => {
      refusal = loadedTooLong(options.loadSeconds, entered);
      process.kill();
    };
    const timer = inspect ? undefined : setTimeout(tooLong, options.loadSeconds * 1000);
    workers.add(worker);
    if (process.pid !== undefined) warden.watch(process.pid);
    return { worker, loaded: promise };
  }

  function answer(worker: Worker, { attemptId, callId, request }: DatasourceCall): void {
    // A call without an attempt comes from what an attempt left behind; the worker's side has refused it already.
    void worker.attempts.get(attemptId)?.call(callId, request);
  }

  function outsideLine(worker: Worker, line: AttemptLogLine, printed: string[]): void {
    if (worker.state === "loading") {
      printed.push(line.text);
      if (printed.length > LINES_SHOWN) printed.shift();
    }
    const about = { worker: worker.process.pid, stream: line.stream };
    log.log(line.stream === "log" ? line.level : "info", line.text, about);
  }

  function refill(): void {
    if (closing || pause !== undefined) return;
    let present = 0;
    for (const worker of workers) if (worker.state !== "leaving") present += 1;
    for (; present < size; present += 1) {
      // In a promise: what the system refuses is thrown at once for some reasons.
      (async () => hire(options.onInspector !== undefined).loaded)().then(
        () => {
          failures = 0;
        },
        (error: unknown) => startFailed(error),
      );
    }
  }

  /** Only what loads can run: another try comes after a pause, a longer one each time. */
  function startFailed(error: unknown): void {
    if (closing) return;
    const wait = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
    failures += 1;
    log.log("error", "a worker could not be started", {
      error: error instanceof Error ? error.message : String(error),
      failures,
      wait_ms: wait,
    });
    if (pause !== undefined) return;
    pause = setTimeout(() => {
      pause = undefined;
      refill();
    }, wait);
  }

  function end(worker: Worker): void {
    worker.process.post({ kind: "end" });
    worker.process.flush();
    expectEnd(worker);
  }

  /** User code may keep it from ending, too. */
  function expectEnd(worker: Worker): void {
    worker.state = "leaving";
    setTimeout(worker.process.kill, options.graceSeconds * 1000).unref();
  }

  return {
    workers,
    async start(wanted) {
      // Not the one to debug: what the task files list must be known before that one starts.
      const first = hire(false);
      const types = await first.loaded;
      listed = [...new Set(types.flatMap((type) => type.environment))];
      size = wanted;
      if (listed.length > 0 || wanted === 0 || options.onInspector !== undefined) end(first.worker);
      refill();
      return types;
    },
    retire(worker) {
      if (worker.state === "leaving") return;
      worker.state = "leaving";
      if (worker.attempts.size === 0) end(worker);
      refill();
    },
    release(worker) {
      if (worker.state === "leaving" && worker.attempts.size === 0) end(worker);
    },
    expectEnd,
    async [Symbol.asyncDispose]() {
      closing = true;
      clearTimeout(pause);
      const gone = new Promise<void>((resolve) => {
        allGone = resolve;
      });
      for (const worker of workers) {
        if (worker.state === "loading") worker.process.kill();
        else if (worker.attempts.size === 0 && worker.state === "ready") end(worker);
        worker.state = "leaving";
      }
      if (workers.size > 0) await gone;
      warden[Symbol.dispose]();
    },
  };
}
