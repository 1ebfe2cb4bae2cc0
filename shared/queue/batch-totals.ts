import type { BatchChange, BatchCounts } from "./queue.ts";

/** What a driver keeps of a batch; the rest of its {@link BatchCounts} is derived when somebody reads it. */
export interface BatchTotals {
  readonly scheduled: number;
  readonly done: number;
  readonly failed: number;
  readonly discarded: number;
}

/** How many tasks of one batch changed in which way. `purged`: removed while they were queued or running. */
export type BatchTally = { readonly batch: string } & {
  readonly [change in BatchChange["change"] | "purged"]?: number;
};

export const noTotals: BatchTotals = { scheduled: 0, done: 0, failed: 0, discarded: 0 };

/** A change of one task, or of `count` tasks alike. */
interface CountedChange extends BatchChange {
  readonly count?: number;
}

/** What all these changes come to, batch by batch. */
export function tallyChanges(changes: Iterable<CountedChange | undefined>): readonly BatchTally[] {
  const tallies = new Map<string, { batch: string } & { [change in BatchChange["change"]]?: number }>();
  for (const one of changes) {
    if (one === undefined) continue;
    const tally = tallies.get(one.batch) ?? { batch: one.batch };
    tallies.set(one.batch, tally);
    tally[one.change] = (tally[one.change] ?? 0) + (one.count ?? 1);
  }
  return [...tallies.values()];
}

/**
 * A batch's totals after a tally; what adds counts before what takes away. A failure is retried or discarded once, however
 * many reports tell of it, and only what is queued or running can be purged: so the parts never outgrow the whole.
 */
export function addTally(totals: BatchTotals, tally: BatchTally): BatchTotals {
  const scheduled = totals.scheduled + (tally.scheduled ?? 0);
  const done = totals.done + (tally.done ?? 0);
  const reported = Math.max(0, totals.failed + (tally.failed ?? 0) - (tally.retried ?? 0));
  const givenUp = Math.min(tally.discarded ?? 0, reported);
  const open = Math.max(0, scheduled - done - reported - totals.discarded);
  const purged = Math.min(tally.purged ?? 0, open);
  return {
    scheduled,
    done,
    failed: reported - givenUp,
    discarded: totals.discarded + givenUp + purged,
  };
}

export function sameTotals(one: BatchTotals, other: BatchTotals): boolean {
  return (
    one.scheduled === other.scheduled &&
    one.done === other.done &&
    one.failed === other.failed &&
    one.discarded === other.discarded
  );
}

/**
 * The counts of a batch of which `running` tasks are leased. Of tasks that were never counted as scheduled (sent by other
 * means, or before the queue counted) those are `scheduled` that were seen since.
 */
export function countsOf(
  totals: BatchTotals,
  given: Pick<BatchCounts, "batch" | "running" | "firstAt" | "lastAt">,
): BatchCounts {
  const { done, failed, discarded } = totals;
  const { batch, running, firstAt, lastAt } = given;
  const seen = running + done + failed + discarded;
  const scheduled = Math.max(totals.scheduled, seen);
  return { batch, scheduled, queued: scheduled - seen, running, done, failed, discarded, firstAt, lastAt };
}
