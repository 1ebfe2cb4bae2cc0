import type { TaskTypeDescription } from "../runner.ts";
import type { DatasourceCall, SentError } from "./datasource-calls.ts";
import { READS_MESSAGES_AFTER_MS, type WorkerOrder, type WorkerReport } from "./messages.ts";
import { createRecalls } from "./recalls.ts";
import { type SpawnHandlers, type SpawnOptions, spawnWorker } from "./spawn-worker.ts";
import type { RunningAttempt } from "./worker-output.ts";

export interface WorkerHandlers extends Omit<SpawnHandlers, "onReport"> {
  /** While the task files load: code of this one runs from now on. */
  onEntered(file: string): void;
  onReady(types: readonly TaskTypeDescription[]): void;
  onLoadFailed(error: SentError): void;
  /** These had not begun, and will not begin in this worker. */
  onRecalled(attemptIds: readonly number[]): void;
  onCall(call: DatasourceCall): void;
}

/** One worker process: its orders and its output, turned into calls of the handlers. Knows nothing of queues of attempts. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  /** The attempt that has begun and not ended, and when it began by this process's clock (`performance.now`). */
  readonly running: RunningAttempt | undefined;
  /** Sent with the others of this turn of the event loop, by `flush`. */
  post(order: WorkerOrder): void;
  flush(): void;
  /** Asks for attempts back; what comes back is told by `onRecalled`. May be repeated. */
  recall(attemptIds: readonly number[]): void;
  /** Ends the process, and the programs that it started, at once. */
  kill(): void;
}

/** Every one of the task files must load. */
export function startWorkerProcess(
  options: Omit<SpawnOptions, "partial">,
  handlers: WorkerHandlers,
): WorkerProcess {
  const { pid, output, send, kill } = spawnWorker({ ...options, partial: false }, { ...handlers, onReport });
  const recalls = createRecalls(handlers.onRecalled);
  let outbox: WorkerOrder[] = [];

  function flush(written?: () => void): void {
    const orders = outbox;
    outbox = [];
    send(orders, written);
  }

  function recall(attemptIds: readonly number[]): void {
    const recallId = recalls.open(attemptIds);
    outbox.push({ kind: "recall", recallId, attemptIds });
    const before = output.running;
    // The worker answers when its event loop turns. User code may block that for hours, so there is a second way:
    // the message has reached the worker (`written`) while an attempt was running that had run for long, and one turn of
    // our own event loop later its end is not to be read. It ends after the message came, then; and after an attempt
    // that long the worker reads its messages before it begins another one.
    flush(() => {
      if (before === undefined || performance.now() - before.since <= READS_MESSAGES_AFTER_MS + 10) return;
      setImmediate(() =>
        setImmediate(() => {
          if (output.running === before && !output.behind()) recalls.settle(recallId, attemptIds);
        }),
      );
    });
  }

  function onReport(report: WorkerReport): void {
    switch (report.kind) {
      case "entered":
        handlers.onEntered(report.file);
        break;
      case "ready":
        handlers.onReady(report.types);
        break;
      case "load_failed":
        handlers.onLoadFailed(report.error);
        break;
      case "recalled":
        recalls.settle(report.recallId, report.attemptIds);
        break;
      case "call":
        handlers.onCall(report);
        break;
      case "checked":
        // Nothing was asked to be checked.
        break;
    }
  }

  return {
    pid,
    get running() {
      return output.running;
    },
    post(order) {
      outbox.push(order);
    },
    flush() {
      if (outbox.length > 0) flush();
    },
    recall,
    kill,
  };
}
