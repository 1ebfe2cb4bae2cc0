import {
  addTally,
  type BatchTally,
  type BatchTotals,
  countsOf,
  noTotals,
  sameTotals,
} from "./batch-totals.ts";
import type { BatchCounts } from "./queue.ts";

/** The batches of one queue in memory. */
export interface MemoryBatches {
  count(tallies: readonly BatchTally[], now: number): void;
  /** Newest first. @param running the leased tasks of each batch */
  list(running: ReadonlyMap<string, number>): readonly BatchCounts[];
}

interface Counted {
  totals: BatchTotals;
  /** Milliseconds since 1970. */
  readonly firstAt: number;
  lastAt: number;
}

/** By name, the batches that were counted in this process, the newest of each name: an error queue counts for the task queue's. */
const everywhere = new Map<string, Counted>();

export function createMemoryBatches(): MemoryBatches {
  const own = new Map<string, Counted>();
  /** The batch that a tally is about; a queue that is first to hear of tasks that are scheduled makes it its own. */
  const find = ({ batch, scheduled = 0 }: BatchTally): Counted | undefined =>
    own.get(batch) ?? (scheduled > 0 ? undefined : everywhere.get(batch));

  return {
    count(tallies, now) {
      for (const tally of tallies) {
        const found = find(tally);
        const before = found?.totals ?? noTotals;
        const totals = addTally(before, tally);
        if (sameTotals(before, totals)) continue;
        if (found !== undefined) {
          Object.assign(found, { totals, lastAt: now });
          continue;
        }
        const made = { totals, firstAt: now, lastAt: now };
        own.set(tally.batch, made);
        everywhere.set(tally.batch, made);
      }
    },

    list: (running) =>
      Array.from(own, ([batch, { totals, firstAt, lastAt }]) =>
        countsOf(totals, { batch, running: running.get(batch) ?? 0, firstAt, lastAt }),
      )
        .toReversed()
        .toSorted((one, other) => other.firstAt - one.firstAt),
  };
}
