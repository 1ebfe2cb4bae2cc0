import type { Counters } from "./counters.ts";
import type { QueueStatements } from "./queue-statements.ts";
import { integer } from "./rows.ts";
import { createTaking, type Taken } from "./taken.ts";

/** Messages leased by their ids: the first `tried` of the ids were looked at, the others are for the next request. */
export interface TakenByIds extends Taken {
  readonly tried: number;
}

/**
 * Leases those of the messages that are visible. A fresh one moves to the `later` table first: what is left in the run of
 * fresh messages is fresh all through, however far from its head the message stood.
 */
export function leaseIds(
  { statements, counters }: { readonly statements: QueueStatements; readonly counters: Counters },
  ids: readonly number[],
  lease: { readonly token: number; readonly leaseEnd: number; readonly time: number },
): TakenByIds {
  const { token, leaseEnd, time } = lease;
  const taking = createTaking({ token, leaseEnd });
  let tried = 0;
  for (const id of ids) {
    if (taking.isFull()) break;
    tried += 1;
    const row = statements.selectStored.first(id, id);
    if (row === undefined || integer(row, 3) > time) continue;
    const isFresh = row[5] === null;
    if (isFresh) {
      statements.copyToLater.run(id);
      statements.deleteMessages.run(id, id);
      statements.leaseOne.run(id, leaseEnd, token);
      counters.fresh -= 1;
      counters.leased += 1;
    } else {
      statements.leaseDue.run(leaseEnd, token, id);
      if (integer(row, 4) === 0) {
        counters.unleased -= 1;
        counters.leased += 1;
      }
    }
    taking.take(row, integer(row, 5) + 1);
  }
  return { ...taking.taken, tried };
}
