import type { Worker } from "./crew.ts";
import type { Durations } from "./durations.ts";
import { READS_MESSAGES_AFTER_MS } from "./messages.ts";
import type { PooledAttempt } from "./pooled-attempt.ts";

/**
 * Finds workers for the attempts of one dispatch: a free one, else of those where the attempt may be sent ahead the one
 * that has fewest; undefined where it has to wait.
 *
 * A worker that has more than half of what it may have is left alone until it needs more: then many orders go in one
 * write, which costs both sides about as much as one order's.
 *
 * @param now by the clock of `RunningAttempt.since`
 */
export function createWorkerChoice(
  workers: Iterable<Worker>,
  durations: Durations,
  now: number,
): (attempt: PooledAttempt) => Worker | undefined {
  const places: Place[] = [];
  for (const worker of workers) {
    if (worker.state !== "ready") continue;
    // Whatever the averages say, what runs there is long.
    const { running } = worker.process;
    if (worker.attempts.size > 0 && now - (running?.since ?? now) > READS_MESSAGES_AFTER_MS) continue;
    const depth = depthOf(worker, durations);
    if (worker.attempts.size * 2 <= depth) places.push({ worker, depth });
  }

  return (attempt) => {
    let best: Place | undefined;
    for (const place of places) {
      if (best === undefined || place.worker.attempts.size < best.worker.attempts.size) best = place;
    }
    if (best === undefined) return undefined;
    const depth = Math.min(best.depth, durations.depth(attempt.order.name));
    if (best.worker.attempts.size >= depth) return undefined;
    best.depth = depth;
    return best.worker;
  };
}

interface Place {
  readonly worker: Worker;
  /** How many attempts the worker may have: as the longest of their types allows. */
  depth: number;
}

function depthOf({ attempts }: Worker, durations: Durations): number {
  let last: string | undefined;
  let least = Infinity;
  for (const { order } of attempts.values()) {
    if (order.name === last) continue;
    last = order.name;
    least = Math.min(least, durations.depth(last));
  }
  return least;
}
