import type { Bucket, ObjectInfo } from "../../bucket/bucket.ts";
import { createOverlayBucket } from "../../bucket/overlay.ts";
import { objectsWith } from "../../bucket/walk.ts";
import { openCache } from "../../cache/open.ts";
import { openDatasource } from "../../datasource/open.ts";
import { SimpleTasksError } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import { createMemoryQueue } from "../../queue/memory.ts";
import type { Queue } from "../../queue/queue.ts";
import { createResources } from "../../resources.ts";
import { readReport, type Report } from "../../task/read-report.ts";
import { createDaemon } from "../daemon.ts";
import type { Phase } from "../runner.ts";
import { createPhaseClock, type PhaseTime } from "./phase-clock.ts";

export interface RunOneOptions {
  /** The task document, as a queue would carry it. */
  readonly text: string;
  /** Read, never written. */
  readonly bucket: Bucket;
  /** Takes what the task puts; what lies in it already is seen by the task. */
  readonly scratch: Bucket;
  /** A directory for copies of inputs and for the task's files: one of its own, not the cache of a daemon. */
  readonly cacheDirectory: string;
  /** Paths or `file:` URLs. They load in a worker process. */
  readonly taskFiles: readonly URL[];
  /** The working directory of task code. */
  readonly directory: string;
  /** See `DaemonOptions.onInspector`. */
  readonly onInspector?: ((address: string) => void) | undefined;
  /** The attempt's own lines carry `task` and `stream`. */
  readonly log: Logger;
  readonly onPhase?: ((phase: Phase) => void) | undefined;
  /** Gives the task up. */
  readonly signal?: AbortSignal | undefined;
}

export interface RunOneResult {
  /** What the daemon would have reported. */
  readonly report: Report;
  /** Present when the task succeeded: the outputs in the result's order. Bytes are unknown of one that was not found. */
  readonly outputs: readonly { readonly key: string; readonly bytes: number | undefined }[];
  /** Everything that the task stored, in the order of the keys. */
  readonly written: readonly ObjectInfo[];
  /** Keys that it deleted, in order. */
  readonly deleted: readonly string[];
  /** In the order in which they were entered; without the report, which nobody gets. */
  readonly phases: readonly PhaseTime[];
}

/**
 * Runs one task here and now as a daemon would, phase by phase, with one attempt. Nothing in the bucket changes, and no
 * queue but those in memory is used.
 *
 * @throws `task_type_invalid` when a task file cannot be loaded; `message_too_large`; `aborted` when the signal fired before the end
 */
export async function runOne(options: RunOneOptions): Promise<RunOneResult> {
  const { scratch, log, signal } = options;
  await using resources = createResources();
  const queue = (name: string): Queue => resources.use(createMemoryQueue({ name }));
  const [taskQueue, errorQueue, doneQueue] = [queue("task"), queue("errors"), queue("done")];
  const bucket = resources.use(createOverlayBucket({ beneath: options.bucket, above: scratch }));
  const cache = resources.use(await openCache({ directory: options.cacheDirectory, log }));
  const datasource = resources.use(openDatasource({ bucket, cache, log }));
  const clock = createPhaseClock();
  const daemon = createDaemon({
    taskQueue,
    errorQueue,
    doneQueue,
    bucket,
    datasource,
    directory: options.directory,
    workers: 1,
    attempts: 1,
    untilDrained: true,
    // Nobody waits for what is running when the signal fires.
    graceSeconds: 0,
    log,
    onInspector: options.onInspector,
    onPhase({ phase }) {
      // The report goes to a queue in memory: that is no part of the task.
      if (phase === "report") return clock.leave();
      clock.enter(phase);
      options.onPhase?.(phase);
    },
    // What the daemon does until it ends is not the task's.
    onOver: clock.leave,
  });
  for (const file of options.taskFiles) daemon.register(file);
  const [sent] = await taskQueue.send([{ body: options.text }]);
  if (sent?.sent !== true) throw sent?.error ?? new SimpleTasksError("internal", "The queue gave no outcome");
  await daemon.run({ ...(signal && { signal }) });
  const phases = clock.times();

  const report = (await reportIn(errorQueue)) ?? (await reportIn(doneQueue));
  if (report === undefined) {
    throw new SimpleTasksError("aborted", "The task was given up before its end", { cause: signal?.reason });
  }
  const outputs = [];
  for (const key of report.outputs) outputs.push({ key, bytes: (await bucket.head(key))?.bytes });
  const written = await Array.fromAsync(objectsWith(scratch, "", undefined));
  return { report, outputs, written, deleted: bucket.deleted, phases };
}

async function reportIn(queue: Queue): Promise<Report | undefined> {
  const [message] = (await queue.peek?.({ max: 1 })) ?? [];
  return message === undefined ? undefined : readReport(message.body);
}
