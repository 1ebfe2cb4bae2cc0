import { jsonLine } from "./json-line.ts";
import { type Ending, endReports, type RepairOptions, type RepairOutcome } from "./repair.ts";
import { batchChange } from "./retry.ts";
import type { BatchChange, Queue } from "../queue/queue.ts";

export interface DiscardOptions extends RepairOptions {
  /** Whose batches count what is given up. */
  readonly taskQueue: Queue;
  /**
   * Takes the reports that are about to be deleted, one line of JSON each, without line ends. Must resolve only when they
   * are kept safe; when it throws, none of them is deleted. A report that cannot be deleted afterwards was taken all the same.
   */
  readonly write: (lines: readonly string[]) => Promise<void>;
}

/**
 * Deletes reports after their texts were handed over. The tasks in them are given up.
 * @throws `not_supported` where the engine cannot lease by id
 */
export async function discardReports(options: DiscardOptions): Promise<RepairOutcome> {
  const { errorQueue, taskQueue, write } = options;
  const together = errorQueue.transaction?.includes(taskQueue) === true;
  return endReports(options, {
    decide: ({ task }, receipt) => {
      const counts = together ? batchChange(task, "discarded") : undefined;
      return { receipt, sends: [], counts };
    },
    before: (endings) => write(endings.map(({ entry }) => jsonLine(entry.body))),
    async after(endings) {
      if (together) return;
      const changes = discardedIn(endings);
      if (changes.length > 0) await taskQueue.batches?.count(changes);
    },
  });
}

function discardedIn(endings: readonly Ending[]): readonly BatchChange[] {
  return endings.flatMap(({ entry }) => batchChange(entry.task, "discarded") ?? []);
}
