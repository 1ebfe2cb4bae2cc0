import { tallyPurged } from "../batch-mark.ts";
import type { BatchTable } from "./batch-table.ts";
import type { Counters } from "./counters.ts";
import type { QueueStatements } from "./queue-statements.ts";
import { integer, textsOf } from "./rows.ts";
import { openStep } from "./step.ts";

/** What one step of a purge did. */
export interface Purged {
  readonly removed: number;
  /** What the next step takes as `end`; absent when nothing is left of what lay there at first. */
  readonly next?: number;
}

/**
 * Removes the oldest messages, in whatever state, a step's worth of them, and counts them in their batches.
 *
 * @param end the id before which messages go. Absent in the first step, which finds it: what is sent later stays.
 */
export function purgeStep(
  queue: {
    readonly statements: QueueStatements;
    readonly counters: Counters;
    readonly batches: Pick<BatchTable, "any" | "count">;
  },
  end?: number,
): Purged {
  const { statements, counters, batches } = queue;
  const before = end ?? counters.tail;
  const step = openStep();
  let [first, last, removed, more] = [0, 0, 0, false];
  for (const row of statements.selectSizes.iterate(before, before)) {
    more = step.isFull();
    if (more) break;
    last = integer(row, 0);
    if (removed === 0) first = last;
    removed += 1;
    step.look(integer(row, 1));
  }
  if (removed === 0) return { removed };
  if (batches.any()) {
    batches.count(tallyPurged(textsOf(statements.selectBodies.iterate(first, last, first, last))));
  }
  const row = statements.countAside.first(first, last);
  const [leased, unleased] = [integer(row, 0), integer(row, 1)];
  for (const statement of statements.deleteRun) statement.run(first, last);
  counters.head = Math.max(counters.head, last + 1);
  counters.fresh -= removed - leased - unleased;
  counters.leased -= leased;
  counters.unleased -= unleased;
  return { removed, ...(more && { next: before }) };
}
