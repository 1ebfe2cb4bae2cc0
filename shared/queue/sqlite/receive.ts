import type { Counters } from "./counters.ts";
import type { QueueStatements } from "./queue-statements.ts";
import { integer } from "./rows.ts";
import { createTaking, largestBatch, type Taken } from "./taken.ts";

/**
 * Leases up to `max` messages: those given back, lapsed or due in the order in which they became visible, then the oldest
 * fresh ones. Undefined when there must be a fresh one by the counters, but is none: the file is damaged.
 */
export function receiveMessages(
  { statements, counters }: { readonly statements: QueueStatements; readonly counters: Counters },
  max: number,
  lease: { readonly token: number; readonly leaseEnd: number; readonly time: number },
): Taken | undefined {
  const { token, leaseEnd, time } = lease;
  const { take, taken, size, isFull } = createTaking({ token, leaseEnd });

  for (const row of statements.selectDue.iterate(time, max)) {
    take(row, integer(row, 3) + 1);
    if (integer(row, 4) === 0) {
      counters.unleased -= 1;
      counters.leased += 1;
    }
    if (isFull()) break;
  }
  for (const id of taken.ids) statements.leaseDue.run(leaseEnd, token, id);

  const due = taken.ids.length;
  if (counters.fresh === 0 || due >= max || isFull()) return taken;
  const large = integer(statements.sizeFresh.first(counters.head, max - due), 0) + size() > largestBatch;
  for (const row of statements.selectFresh[large ? "iterate" : "all"](counters.head, max - due)) {
    take(row, 1);
    if (large && isFull()) break;
  }
  const fresh = taken.ids.length - due;
  if (fresh === 0) return undefined;
  const last = taken.ids.at(-1) ?? 0;
  statements.leaseFresh.run(leaseEnd, token, counters.head, last);
  counters.head = last + 1;
  counters.fresh -= fresh;
  counters.leased += fresh;
  return taken;
}
