import { hostname, userInfo } from "node:os";
import { SimpleTasksError } from "../errors.ts";
import { createResources, type Resources } from "../resources.ts";
import type { DaemonCounters } from "./counters.ts";
import { startExpiry } from "./expiry.ts";
import { createInProcessRunner } from "./in-process/runner.ts";
import { openLeaseKeeper } from "./lease-keeper.ts";
import { daemonSettings, type DaemonOptions, type DaemonSettings } from "./options.ts";
import type { Runner } from "./runner.ts";
import { createShift, type Shift } from "./shift.ts";
import { next, type DaemonState, type LifecycleEvent } from "./state.ts";
import { startTaskTypes } from "./task-types.ts";
import { noOp } from "../task/no-op.ts";
import type { Queue } from "../queue/queue.ts";
import type { TaskType } from "../task/define.ts";
import { loadTaskFiles } from "../task/load.ts";
import { createWorkerPool } from "./workers/pool.ts";

/** Runs the tasks of a queue. One `run` a daemon. */
export interface Daemon {
  /**
   * Adds a task type, before `run`: a task file, run in worker processes; or a task type itself, run in this process
   * (trusted, short tasks: nothing bounds their time or memory, and one that crashes takes the daemon along).
   */
  register(taskType: URL | TaskType): void;
  /**
   * Leases and runs tasks until stopped or, with `untilDrained`, until the queue is empty. When `signal` fires the
   * daemon stops as by `stop`.
   * @throws `task_type_invalid` when a task type cannot be loaded; `queue_missing` and the like when a queue cannot be used at the start.
   */
  run(options?: { readonly signal?: AbortSignal }): Promise<DaemonSummary>;
  /** Leases nothing more, gives back what has not started, finishes what runs. A second call aborts what runs and gives it back. */
  stop(): void;
  /** Finishes everything leased, leases nothing more. */
  drain(): void;
  readonly state: DaemonState;
  readonly counters: DaemonCounters;
}

export interface DaemonSummary extends DaemonCounters {
  readonly seconds: number;
}

/**
 * A daemon over queues, bucket and datasource that the caller has opened, and closes afterwards.
 *
 * ```ts
 * const daemon = createDaemon({ taskQueue, errorQueue, doneQueue, bucket, datasource, pollFrequencySeconds: 5 });
 * daemon.register(new URL("./noop.task.ts", import.meta.url));
 * await daemon.run();
 * ```
 */
export function createDaemon(options: DaemonOptions): Daemon {
  const settings = daemonSettings(options, { hostname: hostname(), pid: process.pid });
  const files: URL[] = [];
  const types: TaskType[] = [noOp];
  let state: DaemonState = "starting";
  let shift: Shift | undefined;
  let graceTimer: NodeJS.Timeout | undefined;
  let running = false;
  /** Why `run` is going to reject. */
  let failure: { readonly error: unknown } | undefined;

  function tell(event: LifecycleEvent): void {
    const before = state;
    state = next(state, event);
    if (state === before) return;
    settings.log.log("info", `daemon ${state}`, { daemon: settings.name });
    if (state === "stopping" && settings.graceSeconds !== Infinity) {
      graceTimer = setTimeout(() => tell("grace_over"), settings.graceSeconds * 1000);
      graceTimer.unref();
    }
    shift?.stateChanged();
  }

  async function run({ signal }: { readonly signal?: AbortSignal } = {}): Promise<DaemonSummary> {
    if (running)
      throw new SimpleTasksError("usage", "This daemon runs already, or has run: create another one.");
    running = true;
    const started = performance.now();
    const onAbort = (): void => tell("stop");
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort);
    await using resources = createResources();
    resources.defer(() => {
      signal?.removeEventListener("abort", onAbort);
      clearTimeout(graceTimer);
    });
    try {
      shift = await openShift(resources);
      const expiry = startExpiry({
        queues: reportQueues(options),
        days: settings.reportDays,
        log: settings.log,
      });
      resources.defer(() => expiry[Symbol.dispose]());
      tell("started");
      await shift.work();
    } catch (error) {
      failure ??= { error };
      tell("stop");
    }
    tell("idle");
    if (failure !== undefined || shift === undefined) throw failure?.error;
    return { ...shift.counters(), seconds: (performance.now() - started) / 1000 };
  }

  async function openShift(resources: Resources): Promise<Shift> {
    const { onInspector } = options;
    const opened = await openRunners({ files, types, settings, onInspector });
    const runners = opened.map((runner) => resources.use(runner));
    const taskTypes = await startTaskTypes(runners);
    const keeper = resources.use(
      await openLeaseKeeper({
        queue: options.taskQueue,
        leaseSeconds: settings.leaseSeconds,
        log: settings.log,
        onLost: (receipt) => shift?.leaseLost(receipt),
        onDied(error) {
          failure ??= { error };
          tell("stop");
        },
      }),
    );
    return createShift({
      options,
      settings,
      taskTypes,
      keeper,
      host: { hostname: hostname(), user: userName() },
      state: () => state,
      drained: () => tell("drain"),
      failed: () => tell("stop"),
    });
  }

  return {
    register(taskType) {
      if (running) throw new SimpleTasksError("usage", "Register task types before the daemon runs.");
      if (taskType instanceof URL) files.push(taskType);
      else types.push(taskType);
    },
    run,
    stop: () => tell("stop"),
    drain: () => tell("drain"),
    get state() {
      return state;
    },
    get counters() {
      return (
        shift?.counters() ?? {
          succeeded: 0,
          failed: 0,
          retried: 0,
          returned: 0,
          leasesLost: 0,
          waiting: 0,
          running: 0,
        }
      );
    },
  };
}

/** Built-in types and those registered as objects run in this process; task files where `isolation` says. */
async function openRunners(given: {
  readonly files: readonly URL[];
  readonly types: readonly TaskType[];
  readonly settings: DaemonSettings;
  readonly onInspector: DaemonOptions["onInspector"];
}): Promise<readonly Runner[]> {
  const { files, types, settings, onInspector } = given;
  const { workers, directory, log } = settings;
  const loaded = settings.isolation === "none" ? (await loadTaskFiles(files)).map(({ type }) => type) : [];
  const inProcess = createInProcessRunner({ types: [...types, ...loaded], slots: workers });
  if (settings.isolation === "none" || files.length === 0) return [inProcess];
  return [inProcess, createWorkerPool({ taskFiles: files, workers, directory, log, onInspector })];
}

/** Never the task queue: what waits there is no report, however old it is. */
function reportQueues({ taskQueue, errorQueue, doneQueue }: DaemonOptions): Queue[] {
  const queues = doneQueue === undefined ? [errorQueue] : [errorQueue, doneQueue];
  return queues.filter(({ url }) => url !== taskQueue.url);
}

/** A user id without an entry in the system's user list (usual in containers) has no name to ask for. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env["USER"] ?? `uid-${process.getuid?.() ?? "unknown"}`;
  }
}
