import { SimpleTasksError } from "../errors.ts";
import type { BatchChange, Queue } from "../queue/queue.ts";
import { forRedrive, parseTask, withBatch } from "../task/document.ts";
import { endReports, type RepairOptions, type RepairOutcome } from "./repair.ts";
import type { ReportedTask } from "./reported-task.ts";

export interface RetryOptions extends RepairOptions {
  readonly taskQueue: Queue;
  /**
   * A task document to send instead of the one in the report, for a single report. It stays in the batch of the task that it
   * replaces.
   */
  readonly replacement?: string | undefined;
}

/**
 * Sends the tasks of reports to the task queue again and deletes the reports: in one transaction where both queues lie in one
 * file; elsewhere it sends first, and a crash in between leaves a task that is sent and a report that is still there.
 *
 * @throws what {@link parseTask} throws for the replacement; `usage` for a replacement of several reports; `not_supported`
 *   where the engine cannot lease by id. Nothing was done then.
 */
export async function retryReports(options: RetryOptions): Promise<RepairOutcome> {
  const { taskQueue, replacement, reports } = options;
  if (replacement !== undefined) {
    parseTask(replacement);
    if (reports.length > 1)
      throw new SimpleTasksError("usage", "one task cannot replace those of several reports");
  }
  return endReports(options, {
    decide({ report, task }, receipt) {
      const text = replacement === undefined ? report.taskText : inBatchOf(task, replacement);
      const obstacle = replacement === undefined ? task.obstacle : undefined;
      if (obstacle !== undefined || text === undefined) return notRetryable(obstacle);
      const counts = batchChange(task, "retried");
      return { receipt, sends: [{ queue: taskQueue, body: forRedrive(text), counts }] };
    },
  });
}

/** What it means to a batch that a report has ended. */
export function batchChange(
  { countedIn: batch }: ReportedTask,
  change: "retried" | "discarded",
): BatchChange | undefined {
  return batch === undefined ? undefined : { batch, change };
}

function inBatchOf({ batch, document }: ReportedTask, replacement: string): string {
  if (batch === undefined) return replacement;
  const position = document?.position ?? parseTask(replacement).position ?? 0;
  return withBatch(replacement, { batch, position });
}

function notRetryable(obstacle: SimpleTasksError | undefined): SimpleTasksError {
  const reason = obstacle?.message ?? "the report names no task";
  return new SimpleTasksError(
    "task_unparsable",
    `there is no task in it that could be sent again: ${reason}`,
    {
      cause: obstacle,
      hint: "Send a mended task document in its place.",
    },
  );
}
