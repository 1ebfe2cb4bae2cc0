import type { CallOptions, LeaseOutcome } from "../queue/queue.ts";
import { queueCallError } from "../queue/call-error.ts";
import { SimpleTasksError } from "../errors.ts";
import { retryDelay } from "./retry-delay.ts";

/** Time and chance, so that tests need neither. */
export interface LineClock {
  /** Milliseconds; never goes back. */
  now(): number;
  /** Calls `act` once, `milliseconds` from now; what it returns takes that back. */
  after(milliseconds: number, act: () => void): () => void;
  /** Uniform in [0, 1). */
  random(): number;
}

export const systemClock: LineClock = {
  now: () => performance.now(),
  after(milliseconds, act) {
    const timer = setTimeout(act, milliseconds);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};

/** One item in the line. */
export interface LineEntry<Item> {
  readonly item: Item;
  /** Takes the item out of the line's hands: its owner is told. */
  resolve(outcome: LeaseOutcome): void;
}

export interface LineOptions<Item> {
  readonly clock: LineClock;
  /** Fires when the daemon must end: what is in the line is tried once more, and then given up. */
  readonly abandoned: AbortSignal;
  /** One call of the queue: an outcome per item, in order. What throws is the queue as a whole. */
  call(items: readonly Item[], options: CallOptions): Promise<readonly LeaseOutcome[]>;
  /** Whether the item still has a place in a call; one that has not is resolved here. */
  admits(entry: LineEntry<Item>): boolean;
  /** What is to be tried after a failure that may pass. */
  next(item: Item, failure: LeaseOutcome): Item;
  /** The items that will not be tried again because the line was abandoned; each is resolved here. */
  giveUp(entries: readonly LineEntry<Item>[], error: SimpleTasksError): Promise<void>;
  /** `count` items failed for `error`: they are tried again, or not, as `again` says. */
  onTrouble(error: SimpleTasksError, count: number, again: boolean): void;
}

/** Most items in one call of the queue. */
const batchSize = 1000;
/** Pause after a first failure, and the longest, in seconds. */
const pause = { firstSeconds: 0.5, longestSeconds: 10 };
/** How long an abandoned line waits for one call, in milliseconds. */
const lastCallMilliseconds = 3000;

interface Waiting<Item> {
  item: Item;
  readonly resolve: (outcome: LeaseOutcome) => void;
  failures: number;
  /** By the line's clock. */
  dueAt: number;
}

/**
 * Brings items to the queue, many in a call, one call at a time. What arrives during a call goes into the next one.
 *
 * What fails in a way that may pass waits apart until its own time has come, later after each failure and at random, so
 * that it never holds up what comes after it. Only where a call fails as a whole does everything wait, new items too.
 */
export function createCallLine<Item>(options: LineOptions<Item>): (item: Item) => Promise<LeaseOutcome> {
  const { clock, abandoned } = options;
  const fresh: Waiting<Item>[] = [];
  let failed: Waiting<Item>[] = [];
  let working = false;
  /** Calls in a row that failed as a whole, and until when nothing is called because of them. */
  let failedCalls = 0;
  let pausedUntil = 0;
  let cancelTimer = (): void => {};
  abandoned.addEventListener("abort", work, { once: true });

  function work(): void {
    if (working) return;
    working = true;
    cancelTimer();
    // Everything that ends in this turn of the event loop goes into one call.
    setImmediate(() => void callWhileDue());
  }

  async function callWhileDue(): Promise<void> {
    for (let batch = takeDue(); batch.length > 0; batch = takeDue()) {
      const admitted = batch.filter((entry) => options.admits(entry));
      if (admitted.length > 0) await callOnce(admitted);
    }
    working = false;
    if (fresh.length + failed.length === 0) return;
    let earliest = fresh.length > 0 ? pausedUntil : Infinity;
    for (const { dueAt } of failed) earliest = Math.min(earliest, dueAt);
    cancelTimer = clock.after(Math.max(earliest - clock.now(), 0), work);
  }

  /** New items first; but what failed before gets half of the places if there are more of both. */
  function takeDue(): Waiting<Item>[] {
    const now = clock.now();
    if (!abandoned.aborted && now < pausedUntil) return [];
    const due = failed.filter(({ dueAt }) => abandoned.aborted || dueAt <= now);
    const again = new Set(due.slice(0, Math.max(batchSize - fresh.length, batchSize / 2)));
    if (again.size > 0) failed = failed.filter((entry) => !again.has(entry));
    return [...fresh.splice(0, batchSize - again.size), ...again];
  }

  async function callOnce(batch: readonly Waiting<Item>[]): Promise<void> {
    const last = abandoned.aborted;
    const items = batch.map(({ item }) => item);
    let outcomes: readonly LeaseOutcome[];
    try {
      outcomes = await inTime((signal) => options.call(items, { signal }));
    } catch (thrown) {
      await callFailed(batch, queueCallError(thrown), last);
      return;
    }
    failedCalls = 0;
    await sortOut(batch, outcomes, last);
  }

  async function callFailed(
    batch: readonly Waiting<Item>[],
    error: SimpleTasksError,
    last: boolean,
  ): Promise<void> {
    options.onTrouble(error, batch.length, error.retryable && !last);
    if (!error.retryable) {
      for (const entry of batch) entry.resolve({ held: false, error });
    } else if (last) {
      await options.giveUp(batch, error);
    } else {
      failedCalls += 1;
      pausedUntil = clock.now() + pauseAfter(failedCalls, clock.random());
      for (const entry of batch) waitApart(entry, pausedUntil);
    }
  }

  async function sortOut(
    batch: readonly Waiting<Item>[],
    outcomes: readonly LeaseOutcome[],
    last: boolean,
  ): Promise<void> {
    const random = clock.random();
    const again: Waiting<Item>[] = [];
    let trouble: SimpleTasksError | undefined;
    for (const [index, entry] of batch.entries()) {
      const outcome = outcomes[index] ?? { held: false, error: missingOutcome() };
      if (outcome.held || !outcome.error.retryable) {
        entry.resolve(outcome);
        continue;
      }
      trouble ??= outcome.error;
      entry.item = options.next(entry.item, outcome);
      again.push(entry);
    }
    if (trouble === undefined) return;
    options.onTrouble(trouble, again.length, !last);
    if (last) return options.giveUp(again, trouble);
    // One random number for all: what failed together is tried together, in one call.
    for (const entry of again) waitApart(entry, clock.now() + pauseAfter(entry.failures + 1, random));
  }

  function waitApart(entry: Waiting<Item>, dueAt: number): void {
    entry.failures += 1;
    entry.dueAt = dueAt;
    failed.push(entry);
  }

  /** A call has as long as it takes; once the line is abandoned, a short time from then. */
  async function inTime<Result>(call: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const controller = new AbortController();
    const overdue = Promise.withResolvers<never>();
    let cancel = (): void => {};
    const start = (): void => {
      cancel = clock.after(lastCallMilliseconds, () => {
        const error = new SimpleTasksError("aborted", "The queue did not answer before the daemon's end", {
          retryable: true,
        });
        overdue.reject(error);
        controller.abort(error);
      });
    };
    if (abandoned.aborted) start();
    else abandoned.addEventListener("abort", start, { once: true });
    try {
      return await Promise.race([call(controller.signal), overdue.promise]);
    } finally {
      cancel();
      abandoned.removeEventListener("abort", start);
    }
  }

  return (item) =>
    new Promise((resolve) => {
      fresh.push({ item, resolve, failures: 0, dueAt: 0 });
      // While the line pauses its timer is set already.
      if (abandoned.aborted || clock.now() >= pausedUntil) work();
    });
}

/** Milliseconds. */
function pauseAfter(failures: number, random: number): number {
  return 1000 * retryDelay(failures, { ...pause, random: () => random });
}

function missingOutcome(): SimpleTasksError {
  return new SimpleTasksError("internal", "The queue gave fewer outcomes than it was asked for");
}
