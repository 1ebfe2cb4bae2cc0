import { availableParallelism } from "node:os";
import type { Bucket } from "../bucket/bucket.ts";
import type { OpenDatasource } from "../datasource/open.ts";
import type { Logger } from "../logger.ts";
import { silentLogger } from "../logger.ts";
import type { Queue } from "../queue/queue.ts";
import { SimpleTasksError } from "../errors.ts";
import type { Phase } from "./runner.ts";

/** What `createDaemon` takes. The daemon uses the queues, the bucket and the datasource; whoever opened them closes them. */
export interface DaemonOptions {
  readonly taskQueue: Queue;
  /** Where failures are reported. */
  readonly errorQueue: Queue;
  /** Where successes are reported. Default: nowhere. */
  readonly doneQueue?: Queue | undefined;
  readonly bucket: Bucket;
  /** Reads and writes `bucket` through this machine's cache. */
  readonly datasource: OpenDatasource;

  /** How long a receive that finds nothing waits before it asks again, in seconds, above 0. There is no pause between tasks. Default 5. */
  readonly pollFrequencySeconds?: number;
  /** Length of a lease in seconds, above 0; it is renewed while its task is in hand. Default 60. */
  readonly leaseSeconds?: number;
  /** How many attempts a task gets before it is reported as failed, 1 or more. Default 3. */
  readonly attempts?: number;
  /** Deliveries after which a message is taken for one that kills its daemon, 1 or more: it is run once more, alone. Default 100. */
  readonly maxDeliveries?: number;
  /** How many tasks run at once: worker processes, or running tasks in this process. 1 or more. Default: one a processor. */
  readonly workers?: number;
  /**
   * Where registered task files run: in worker processes, or (`"none"`) in this process, for trusted, short tasks: then
   * nothing bounds their time or memory, and one that crashes takes the daemon along. Default `"process"`.
   */
  readonly isolation?: "process" | "none";
  /** What relative paths of workers are relative to. Default: the working directory. */
  readonly directory?: string;
  /** How many tasks have their inputs fetched before their turn, and how many bytes those may have. Default: `2 × workers`, 8 GiB. */
  readonly prefetch?: { readonly tasks?: number; readonly bytes?: number };
  /** How long running tasks may go on after `stop`, in seconds; Infinity: as long as they take. Default 30. */
  readonly graceSeconds?: number;
  /** Delay before the second attempt, in seconds; it doubles from then on. Default 1. */
  readonly retryDelaySeconds?: number;
  /**
   * How long reports are kept in the error and the done queue, in days, up to 36,500; 0 keeps them for good. Older ones are
   * removed at the start and every hour, in queues that do not forget by themselves (SQLite, memory). Default 14.
   */
  readonly reportDays?: number;
  /** Return as soon as nothing is visible, leased or delayed in the task queue. Default false. */
  readonly untilDrained?: boolean;
  /** Names this daemon in reports. Default: host name and process id. */
  readonly name?: string;
  readonly log?: Logger;
  /**
   * Told as attempts enter their phases, those without anything to do left out. Fetching may begin ahead of an attempt's
   * turn, and comes again when the attempt does not begin in its turn after all.
   */
  readonly onPhase?: ((entered: EnteredPhase) => void) | undefined;
  /** Told when an attempt is over: reported, or given back, and its files removed. */
  readonly onOver?: ((attempt: Pick<EnteredPhase, "attemptId" | "task">) => void) | undefined;
  /**
   * Has every worker process wait for a debugger before task files load there, and is told where: the inspector's address,
   * `ws://127.0.0.1:PORT/ID`. No timeout counts then. Task files only; not with isolation `"none"`. Default: no debugger.
   */
  readonly onInspector?: ((address: string) => void) | undefined;
}

export interface EnteredPhase {
  /** Unique among the attempts of this process. */
  readonly attemptId: number;
  /** The task's id. */
  readonly task: string;
  readonly phase: Phase;
}

/** {@link DaemonOptions} with every default filled in. */
export interface DaemonSettings {
  readonly pollFrequencySeconds: number;
  readonly leaseSeconds: number;
  readonly attempts: number;
  readonly maxDeliveries: number;
  readonly workers: number;
  readonly isolation: "process" | "none";
  readonly directory: string;
  readonly prefetchTasks: number;
  readonly prefetchBytes: number;
  readonly graceSeconds: number;
  readonly retryDelaySeconds: number;
  readonly reportDays: number;
  readonly untilDrained: boolean;
  readonly name: string;
  readonly log: Logger;
}

/** @throws `config_invalid` naming the option that is out of its range. */
export function daemonSettings(
  options: DaemonOptions,
  host: { hostname: string; pid: number },
): DaemonSettings {
  const workers = whole("workers", options.workers ?? availableParallelism());
  return {
    pollFrequencySeconds: positive("pollFrequencySeconds", options.pollFrequencySeconds ?? 5),
    leaseSeconds: positive("leaseSeconds", options.leaseSeconds ?? 60),
    attempts: whole("attempts", options.attempts ?? 3),
    maxDeliveries: whole("maxDeliveries", options.maxDeliveries ?? 100),
    workers,
    isolation: options.isolation ?? "process",
    directory: options.directory ?? process.cwd(),
    prefetchTasks: atLeastZero("prefetch.tasks", options.prefetch?.tasks ?? 2 * workers),
    prefetchBytes: atLeastZero("prefetch.bytes", options.prefetch?.bytes ?? 8 * 2 ** 30),
    graceSeconds: grace(options.graceSeconds ?? 30),
    retryDelaySeconds: atLeastZero("retryDelaySeconds", options.retryDelaySeconds ?? 1),
    reportDays: days("reportDays", options.reportDays ?? 14),
    untilDrained: options.untilDrained ?? false,
    name: options.name ?? `${host.hostname}-${host.pid}`,
    log: options.log ?? silentLogger,
  };
}

/** Timers cannot be set to more: 2^31 − 1 ms. */
const longestSeconds = 2_147_483;

function positive(name: string, value: number): number {
  if (value > 0 && value <= longestSeconds) return value;
  throw new SimpleTasksError(
    "config_invalid",
    `${name} must be above 0 and at most ${longestSeconds} seconds, not ${value}`,
  );
}

function grace(value: number): number {
  if (value === Infinity || (value >= 0 && value <= longestSeconds)) return value;
  throw new SimpleTasksError(
    "config_invalid",
    `graceSeconds must be 0 … ${longestSeconds} seconds or Infinity, not ${value}`,
  );
}

function days(name: string, value: number): number {
  if (value >= 0 && value <= 36_500) return value;
  throw new SimpleTasksError("config_invalid", `${name} must be 0 … 36500 days, not ${value}`);
}

function atLeastZero(name: string, value: number): number {
  if (value >= 0) return value;
  throw new SimpleTasksError("config_invalid", `${name} must be 0 or more, not ${value}`);
}

function whole(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw new SimpleTasksError("config_invalid", `${name} must be a whole number of 1 or more, not ${value}`);
}
