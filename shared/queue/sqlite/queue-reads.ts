import type { DatabaseSync } from "node:sqlite";
import { tasksByBatch } from "../batch-mark.ts";
import type { BatchCounts, PeekedMessage, QueueStats } from "../queue.ts";
import type { BatchTable } from "./batch-table.ts";
import type { QueueStatements } from "./queue-statements.ts";
import { integer, text, textsOf } from "./rows.ts";
import { largestBatch } from "./taken.ts";

/** What can be known of a queue of a file without changing it, synchronously, in or out of a transaction. */
export interface QueueReads {
  stats(): QueueStats;
  look(): Look;
  /** Ends early at `largestBatch` of text. */
  peek(max: number, after: number): readonly PeekedMessage[];
  /** The batches of this queue, newest first. Outside of a transaction only: it takes its own, for one moment's counts. */
  batches(): readonly BatchCounts[];
}

export interface Look {
  readonly visible: boolean;
  /** When the next message becomes visible, in ms since 1970. */
  readonly next?: number;
}

export interface QueueReadsContext {
  readonly database: DatabaseSync;
  readonly statements: QueueStatements;
  readonly batches: Pick<BatchTable, "list">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export function createQueueReads({ database, statements, batches, now }: QueueReadsContext): QueueReads {
  return {
    stats() {
      const time = now();
      const row = statements.selectStats.first(time, time);
      const [fresh, leased, unleased] = [integer(row, 0), integer(row, 1), integer(row, 2)];
      const [due, dueLeases] = [integer(row, 3), integer(row, 4)];
      return { visible: fresh + due, leased: leased - dueLeases, delayed: unleased - (due - dueLeases) };
    },

    look() {
      const row = statements.selectLook.first();
      const next = row?.[1];
      if (integer(row, 0) > 0) return { visible: true };
      if (typeof next !== "number") return { visible: false };
      return { visible: next <= now(), next };
    },

    peek(max, after) {
      const time = now();
      const peeked: PeekedMessage[] = [];
      let size = 0;
      for (const row of statements.selectPeek.iterate(after, after, max)) {
        const body = text(row, 1);
        const state = integer(row, 3) <= time ? "visible" : integer(row, 4) === 0 ? "delayed" : "leased";
        peeked.push({
          id: String(row[0]),
          body,
          state,
          deliveries: integer(row, 5),
          sentAt: integer(row, 2),
        });
        size += body.length;
        if (size >= largestBatch) break;
      }
      return peeked;
    },

    batches() {
      database.exec("BEGIN");
      try {
        return batches.list(tasksByBatch(textsOf(statements.selectLeasedBodies.iterate(now()))));
      } finally {
        database.exec("ROLLBACK");
      }
    },
  };
}
