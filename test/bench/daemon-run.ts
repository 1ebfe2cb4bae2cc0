import type { DaemonSummary } from "../../shared/daemon/daemon.ts";
import { concurrently } from "../../shared/datasource/concurrently.ts";
import { createDaemon, schedule } from "./product.ts";
import type { Workplace } from "./workplace.ts";

/** What a daemon is measured at. */
export type Work =
  /** A task type without inputs and outputs that does nothing. */
  | "nothing"
  /** `NO_OP` with one input of its own, of 1 KB: read from the bucket, written to it. */
  | "no-op";

export interface RunOptions {
  readonly isolation: "process" | "none";
  readonly workers: number;
  readonly doneQueue: boolean;
}

const inputBytes = 1024;

export async function prepareTasks(work: Work, tasks: number, workplace: Workplace): Promise<void> {
  const { bucket, taskQueue } = workplace;
  const ids = Array.from({ length: tasks }, (_, id) => id);
  if (work === "no-op") {
    await concurrently(ids, undefined, (id) =>
      bucket.put(`bench/0_input/${id}.dat`, new Uint8Array(inputBytes).fill(id)),
    );
  }
  await schedule(
    taskQueue,
    ids.map((id) => ({
      id,
      name: work === "no-op" ? "NO_OP" : "NOTHING",
      baseDirectory: "bench",
      inputs: work === "no-op" ? [`0_input/${id}.dat`] : [],
      payload: { number: id },
    })),
  );
}

/** From the daemon's start, that of its workers included, to its end with the queue drained. */
export async function runDaemon(
  tasks: number,
  workplace: Workplace,
  { isolation, workers, doneQueue }: RunOptions,
): Promise<DaemonSummary> {
  const daemon = createDaemon({
    ...workplace,
    doneQueue: doneQueue ? workplace.doneQueue : undefined,
    isolation,
    workers,
    untilDrained: true,
  });
  daemon.register(new URL("./programs/nothing.task.ts", import.meta.url));
  const summary = await daemon.run();
  if (summary.succeeded !== tasks) throw new Error(`${summary.succeeded} of ${tasks} tasks succeeded`);
  return summary;
}
