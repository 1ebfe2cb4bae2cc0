import type { Attempt } from "./attempt.ts";
import type { RegisteredType } from "./task-types.ts";
import type { Runner } from "./runner.ts";

/**
 * Attempts whose turn has not come, first come first served, but no type above its `concurrency` and no runner above
 * what it takes. Choosing costs one step a task type, however many wait.
 */
export interface WaitingLine {
  readonly size: number;
  /** How many attempts are with runners. */
  readonly running: number;
  /** At the end; `first` puts it before all others of its type (it comes back unstarted). */
  add(attempt: Attempt, first?: boolean): void;
  /** Takes the attempt whose turn it is and counts it as with its runner; undefined when none may start. */
  take(): Attempt | undefined;
  /** The attempt has left its runner. */
  left(attempt: Attempt): void;
  /** Takes everything out. */
  clear(): Attempt[];
  /** How many wait only because of their type's `concurrency`, beyond as many as that lets run next. */
  readonly held: number;
  /** How many more attempts of this one's kind its runner could take now. */
  room(attempt: Attempt): number;
}

/** Attempts that on average take longer than this, in milliseconds, are handed over only when they can start. */
const shortMilliseconds = 10;
/** How much the latest attempt counts in the average. */
const weight = 0.2;

interface Lane {
  readonly type: RegisteredType;
  /** How long attempts took lately, in milliseconds; undefined before the first has ended. */
  average: number | undefined;
  /** `queue[head …]` wait; what lies before `head` is gone. */
  queue: Attempt[];
  head: number;
  running: number;
}

export function createWaitingLine(): WaitingLine {
  const lanes = new Map<string, Lane>();
  const withRunner = new Map<Runner, number>();
  let size = 0;
  let running = 0;

  const laneOf = (type: RegisteredType): Lane => {
    let lane = lanes.get(type.name);
    if (lane === undefined) {
      lane = { type, average: undefined, queue: [], head: 0, running: 0 };
      lanes.set(type.name, lane);
    }
    return lane;
  };
  // What a runner has cannot be given to an idle daemon any more: only short attempts go there ahead of their start. What
  // has inputs never does: its turn is when they are compared and copied for it.
  const mayGoAhead = ({ type, fetches }: Attempt): boolean =>
    !fetches && (laneOf(type).average ?? Infinity) < shortMilliseconds;
  const room = (attempt: Attempt): number => {
    const { runner } = attempt.type;
    return runner.slots + (mayGoAhead(attempt) ? runner.ahead : 0) - (withRunner.get(runner) ?? 0);
  };
  const count = (attempt: Attempt, change: 1 | -1): void => {
    laneOf(attempt.type).running += change;
    withRunner.set(attempt.type.runner, (withRunner.get(attempt.type.runner) ?? 0) + change);
    running += change;
  };

  return {
    get size() {
      return size;
    },
    get running() {
      return running;
    },
    add(attempt, first = false) {
      const lane = laneOf(attempt.type);
      if (!first) lane.queue.push(attempt);
      else if (lane.head > 0) lane.queue[--lane.head] = attempt;
      else lane.queue.unshift(attempt);
      size += 1;
    },
    take() {
      let chosen: Lane | undefined;
      let earliest = Infinity;
      for (const lane of lanes.values()) {
        const attempt = lane.queue[lane.head];
        if (attempt === undefined || attempt.attemptId >= earliest) continue;
        if (lane.running >= (lane.type.concurrency ?? Infinity) || room(attempt) <= 0) continue;
        chosen = lane;
        earliest = attempt.attemptId;
      }
      const attempt = chosen?.queue[chosen.head];
      if (chosen === undefined || attempt === undefined) return undefined;
      chosen.head += 1;
      if (chosen.head > 64 && chosen.head * 2 > chosen.queue.length) {
        chosen.queue = chosen.queue.slice(chosen.head);
        chosen.head = 0;
      }
      size -= 1;
      count(attempt, 1);
      return attempt;
    },
    left(attempt) {
      count(attempt, -1);
      if (attempt.startedAt === undefined) return;
      const lane = laneOf(attempt.type);
      const took = Date.now() - attempt.startedAt;
      lane.average = lane.average === undefined ? took : lane.average + weight * (took - lane.average);
    },
    clear() {
      const all: Attempt[] = [];
      for (const lane of lanes.values()) {
        all.push(...lane.queue.slice(lane.head));
        lane.queue = [];
        lane.head = 0;
      }
      size = 0;
      return all;
    },
    room,
    get held() {
      let held = 0;
      for (const { type, queue, head, running } of lanes.values()) {
        if (type.concurrency === undefined) continue;
        held += Math.max(0, queue.length - head - (type.concurrency - running) - type.concurrency);
      }
      return held;
    },
  };
}
