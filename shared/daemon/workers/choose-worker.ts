import type { Worker } from "./crew.ts";
import type { Durations } from "./durations.ts";
import { READS_MESSAGES_AFTER_MS } from "./messages.ts";
import type { PooledAttempt } from "./pooled-attempt.ts";

/**
 * A free worker, else of those where this attempt may be sent ahead the one that has fewest; undefined where it has to wait.
 *
 * @param now by the clock of `RunningAttempt.since`
 */
export function chooseWorker(
  workers: Iterable<Worker>,
  attempt: PooledAttempt,
  durations: Durations,
  now: number,
): Worker | undefined {
  let best: Worker | undefined;
  for (const worker of workers) {
    if (worker.state !== "ready") continue;
    if (worker.attempts.size === 0) return worker;
    // Whatever the averages say, what runs there is long.
    if (now - (worker.process.running?.since ?? now) > READS_MESSAGES_AFTER_MS) continue;
    if (best === undefined || worker.attempts.size < best.attempts.size) best = worker;
  }
  return best !== undefined && best.attempts.size < depth(best, attempt, durations) ? best : undefined;
}

/** How many attempts the worker may have with this one: as the longest of their types allows. */
function depth(worker: Worker, attempt: PooledAttempt, durations: Durations): number {
  let last = attempt.order.name;
  let least = durations.depth(last);
  for (const { order } of worker.attempts.values()) {
    if (order.name === last) continue;
    last = order.name;
    least = Math.min(least, durations.depth(last));
  }
  return least;
}
