import { runPhases } from "../../shared/daemon/phases/run-phases.ts";
import { attemptError } from "../../shared/daemon/phases/thrown.ts";
import type { AttemptOrder } from "../../shared/daemon/runner.ts";
import { READS_MESSAGES_AFTER_MS } from "../../shared/daemon/workers/messages.ts";
import type { TaskType } from "../../shared/task/define.ts";
import { RunningAttempt } from "./attempt.ts";
import type { DatasourceCalls } from "./datasource.ts";
import type { WorkerOutput } from "./output.ts";

/** Messages are read at least this often while short attempts follow one another, in milliseconds. */
const READS_MESSAGES_EVERY_MS = 10;

/** Taken before user code can replace it. */
const { setImmediate } = globalThis;

/** The attempts that were sent to this worker: one runs, the others wait in order. */
export interface Attempts {
  readonly running: RunningAttempt | undefined;
  add(order: AttemptOrder): void;
  /** Removes those that have not begun, and gives their ids. */
  recall(attemptIds: readonly number[]): readonly number[];
}

export function createAttempts(
  types: ReadonlyMap<string, TaskType>,
  output: WorkerOutput,
  calls: DatasourceCalls,
): Attempts {
  let waiting: AttemptOrder[] = [];
  let running: RunningAttempt | undefined;
  let working = false;

  async function work(): Promise<void> {
    working = true;
    let messagesReadAt = performance.now();
    for (let order = waiting.shift(); order !== undefined; order = waiting.shift()) {
      running = new RunningAttempt(order, output, calls);
      const { startedAt } = running;
      const type = types.get(order.name);
      const outcome =
        type === undefined
          ? ({
              kind: "failed",
              phase: "validate",
              error: attemptError("task_type_unknown", `No task type is named ${order.name}`),
              retryable: false,
            } as const)
          : await runPhases(type, order, running);
      await running.datasource.close();
      const now = performance.now();
      const readMessages =
        now - startedAt > READS_MESSAGES_AFTER_MS || now - messagesReadAt > READS_MESSAGES_EVERY_MS;
      running.end(outcome, waiting.length > 0 && !readMessages);
      running = undefined;
      if (readMessages) {
        // Two turns: the first may be the rest of the one in which the attempt ended, without another look at the channel.
        await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
        messagesReadAt = performance.now();
      }
    }
    working = false;
  }

  return {
    get running() {
      return running;
    },
    add(order) {
      waiting.push(order);
      if (!working) void work();
    },
    recall(attemptIds) {
      const wanted = new Set(attemptIds);
      const recalled = waiting.filter((order) => wanted.has(order.attemptId)).map((order) => order.attemptId);
      waiting = waiting.filter((order) => !wanted.has(order.attemptId));
      return recalled;
    },
  };
}
