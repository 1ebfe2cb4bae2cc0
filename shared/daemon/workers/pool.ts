import { SimpleTasksError } from "../../errors.ts";
import { type Logger, silentLogger } from "../../logger.ts";
import type { AttemptHooks, AttemptOrder, AttemptOutcome, Runner, TaskTypeDescription } from "../runner.ts";
import { createWorkerChoice } from "./choose-worker.ts";
import { createCrew, type Worker } from "./crew.ts";
import { createDurations } from "./durations.ts";
import { createMemoryWatch } from "./memory-watch.ts";
import { READS_MESSAGES_AFTER_MS } from "./messages.ts";
import { PooledAttempt } from "./pooled-attempt.ts";
import type { WorkerExit } from "./spawn-worker.ts";

export interface WorkerPoolOptions {
  /** Paths or `file:` URLs. They load in the workers alone. */
  readonly taskFiles: readonly (string | URL)[];
  /** How many worker processes, 0 or more; each runs one attempt at a time. */
  readonly workers: number;
  /** Whether the built-in task types (`NO_OP`) run here too. Default false. */
  readonly builtIn?: boolean;
  /** The workers' working directory. Default: this process's. */
  readonly directory?: string;
  /** Of these variables the workers see an allow-list (`environment.ts`) and what task types list. Default: this process's. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** How long an attempt that was given up may go on before its worker is killed, in seconds. Default 5. */
  readonly graceSeconds?: number;
  /** How long task files may take to load, in seconds. Default 60. */
  readonly loadSeconds?: number;
  /** A worker is replaced after this many attempts. Default 1,000,000: what a leak costs is bounded by `bytesPerWorker`. */
  readonly attemptsPerWorker?: number;
  /** A worker whose resident memory is larger than this between attempts, in bytes, is replaced. Default 1 GiB. */
  readonly bytesPerWorker?: number;
  /** Most attempts sent ahead to one worker, while they are short. Default 32. */
  readonly aheadPerWorker?: number;
  readonly log?: Logger;
  /** See `DaemonOptions.onInspector`. */
  readonly onInspector?: ((address: string) => void) | undefined;
}

/** How long a worker's attempt must have run before those behind it are given to a free worker, in milliseconds. */
const PATIENCE_MS = READS_MESSAGES_AFTER_MS + 15;

/**
 * Runs attempts in worker processes.
 *
 * An attempt waits in line until a worker is free, or is sent ahead to one whose attempts have been short lately. It
 * comes back to the line when the worker dies before it began, or when another worker is free while it waits behind a long one.
 */
export function createWorkerPool(options: WorkerPoolOptions): Runner {
  const {
    workers: slots,
    graceSeconds = 5,
    attemptsPerWorker = 1_000_000,
    bytesPerWorker = 2 ** 30,
    aheadPerWorker = 32,
    onInspector,
  } = options;
  const durations = createDurations(aheadPerWorker);
  const memory = createMemoryWatch();
  let line: PooledAttempt[] = [];
  let types: ReadonlyMap<string, TaskTypeDescription> = new Map();
  let closing = false;
  let dispatching: NodeJS.Immediate | undefined;
  let looking: NodeJS.Timeout | undefined;

  const crew = createCrew(
    {
      taskFiles: options.taskFiles,
      builtIn: options.builtIn ?? false,
      directory: options.directory ?? process.cwd(),
      environment: options.environment ?? process.env,
      loadSeconds: options.loadSeconds ?? 60,
      graceSeconds,
      log: options.log ?? silentLogger,
      onInspector,
    },
    {
      onReady: dispatchSoon,
      onBegin(worker, attemptId, phase) {
        const attempt = worker.attempts.get(attemptId);
        const type = attempt && types.get(attempt.order.name);
        attempt?.began(phase, onInspector === undefined ? type?.timeout : undefined, graceSeconds);
        if (worker.attempts.size > 1) looking ??= setTimeout(look, PATIENCE_MS);
        const { pid } = worker.process;
        if (attempt === undefined || type?.memory === undefined || pid === undefined) return;
        const limitBytes = type.memory;
        const onOver = (bytes: number): void =>
          attempt.killFor(usedTooMuch(attempt.order.name, bytes, limitBytes));
        memory.watch(attemptId, { pid, limitBytes, onOver });
      },
      onEnd(worker, end) {
        const attempt = worker.attempts.get(end.attemptId);
        if (attempt === undefined) return;
        worker.attempts.delete(end.attemptId);
        worker.finished += 1;
        memory.forget(end.attemptId);
        durations.took(attempt.order.name, end.milliseconds);
        attempt.ended(end);
        if (end.fatal === true) crew.expectEnd(worker);
        else if (worker.finished >= attemptsPerWorker || (end.residentBytes ?? 0) > bytesPerWorker)
          retire(worker);
        crew.release(worker);
        dispatchSoon();
      },
      onRecalled(worker, attemptIds) {
        takeBack(worker, attemptIds);
        crew.release(worker);
        dispatchSoon();
      },
      onGone(worker, exit) {
        placeAttemptsOf(worker, exit);
        dispatchSoon();
      },
    },
  );

  /** What the worker has not begun goes back to the head of the line, in order. */
  function takeBack(worker: Worker, attemptIds: Iterable<number>): void {
    const back: PooledAttempt[] = [];
    for (const attemptId of attemptIds) {
      const attempt = worker.attempts.get(attemptId);
      if (attempt?.state !== "sent") continue;
      worker.attempts.delete(attemptId);
      attempt.cameBack();
      if (attempt.withdrawn || closing) attempt.finish({ kind: "unstarted" });
      else back.push(attempt);
    }
    line = [...back, ...line];
  }

  function placeAttemptsOf(worker: Worker, exit: WorkerExit): void {
    for (const attempt of worker.attempts.values()) {
      memory.forget(attempt.order.attemptId);
      if (attempt.state === "running") attempt.died(exit);
    }
    takeBack(worker, [...worker.attempts.keys()]);
    worker.attempts.clear();
  }

  function withdraw(attempt: PooledAttempt): void {
    if (attempt.state === "waiting") {
      line = line.filter((other) => other !== attempt);
      attempt.finish({ kind: "unstarted" });
      return;
    }
    for (const worker of crew.workers) {
      if (worker.attempts.has(attempt.order.attemptId)) worker.process.recall([attempt.order.attemptId]);
    }
    dispatchSoon();
  }

  function retire(worker: Worker): void {
    crew.retire(worker);
    recallAll(worker);
  }

  function recallAll(worker: Worker): void {
    const sent = [...worker.attempts.values()].filter((attempt) => attempt.state === "sent");
    if (sent.length > 0) worker.process.recall(sent.map((attempt) => attempt.order.attemptId));
  }

  /** Once per turn of the event loop: what ended in it makes room for what came in it, and orders go together. */
  function dispatchSoon(): void {
    dispatching ??= setImmediate(dispatch);
  }

  function dispatch(): void {
    dispatching = undefined;
    const workerFor = createWorkerChoice(crew.workers, durations, performance.now());
    let placed = 0;
    for (const attempt of line) {
      const worker = workerFor(attempt);
      if (worker === undefined) break;
      worker.attempts.set(attempt.order.attemptId, attempt);
      attempt.sentTo(worker.process);
      placed += 1;
    }
    if (placed > 0) line = line.slice(placed);
    for (const worker of crew.workers) worker.process.flush();
    look();
  }

  /** Asks back what waits behind a long attempt, where it is wanted elsewhere or withdrawn; looks again while there is such. */
  function look(): void {
    clearTimeout(looking);
    looking = undefined;
    let soonest = Infinity;
    const idle =
      line.length === 0 &&
      [...crew.workers].some((worker) => worker.state === "ready" && worker.attempts.size === 0);
    for (const worker of crew.workers) {
      const { running } = worker.process;
      if (running === undefined || worker.attempts.size < 2 || worker.recalledDuring === running) continue;
      const wanted =
        idle ||
        worker.state === "leaving" ||
        [...worker.attempts.values()].some((attempt) => attempt.withdrawn);
      if (!wanted) continue;
      const wait = running.since + PATIENCE_MS - performance.now();
      if (wait > 0) soonest = Math.min(soonest, wait);
      else {
        worker.recalledDuring = running;
        recallAll(worker);
      }
    }
    if (soonest < Infinity) looking = setTimeout(look, soonest);
  }

  return {
    slots,
    ahead: slots * aheadPerWorker,
    async start() {
      const described = await crew.start(slots);
      types = new Map(described.map((type) => [type.name, type]));
      return described;
    },
    run(order: AttemptOrder, hooks: AttemptHooks): Promise<AttemptOutcome> {
      const attempt = new PooledAttempt(order, hooks, { withdraw });
      if (closing || hooks.aborted) attempt.finish({ kind: "unstarted" });
      else {
        line.push(attempt);
        dispatchSoon();
      }
      return attempt.outcome;
    },
    async [Symbol.asyncDispose]() {
      closing = true;
      for (const attempt of line.splice(0)) attempt.finish({ kind: "unstarted" });
      for (const worker of crew.workers) {
        recallAll(worker);
        for (const attempt of worker.attempts.values())
          attempt.giveUp(new SimpleTasksError("attempt_aborted", "The workers are being ended"));
      }
      dispatchSoon();
      await crew[Symbol.asyncDispose]();
      clearImmediate(dispatching);
      clearTimeout(looking);
      memory[Symbol.dispose]();
    },
  };
}

function usedTooMuch(name: string, bytes: number, limit: number): SimpleTasksError {
  const mebibytes = (count: number): string => (count / 2 ** 20).toFixed(1);
  return new SimpleTasksError(
    "task_memory",
    `${name} had ${mebibytes(bytes)} MiB of resident memory; its limit is ${mebibytes(limit)} MiB`,
  );
}
