import type { DatabaseSync } from "node:sqlite";
import {
  addTally,
  type BatchTally,
  type BatchTotals,
  countsOf,
  noTotals,
  sameTotals,
} from "../batch-totals.ts";
import type { BatchCounts } from "../queue.ts";
import { integer, prepareQuery, type Row, text, textValue } from "./rows.ts";

/** The batches of a file as one of its queues sees them, synchronously. */
export interface BatchTable {
  /** In a write transaction only: what is counted is there when the transaction is. */
  count(tallies: readonly BatchTally[]): void;
  /**
   * The batches of this queue, newest first. To be one moment's counts it must run in the transaction in which
   * `running`, the leased tasks of each batch, were read.
   */
  list(running: ReadonlyMap<string, number>): readonly BatchCounts[];
  /** Whether the file knows any batch. */
  any(): boolean;
}

export interface BatchTableContext {
  readonly database: DatabaseSync;
  readonly queueId: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export function createBatchTable({ database, queueId, now }: BatchTableContext): BatchTable {
  const columns = "scheduled, done, failed, discarded, first_at, last_at, batch";
  const find = prepareQuery(database, `SELECT ${columns} FROM batches WHERE batch = ?`);
  const select = prepareQuery(
    database,
    `SELECT ${columns} FROM batches WHERE queue = ${queueId} ORDER BY first_at DESC, rowid DESC`,
  );
  const selectAny = prepareQuery(database, "SELECT 1 FROM batches LIMIT 1");
  const add = database.prepare(
    `INSERT INTO batches (scheduled, done, failed, discarded, first_at, last_at, batch, queue)
     VALUES (?, ?, ?, ?, ?, ?, ?, ${queueId})`,
  );
  const change = database.prepare(
    "UPDATE batches SET scheduled = ?, done = ?, failed = ?, discarded = ?, last_at = ? WHERE batch = ?",
  );
  const adopt = database.prepare(`UPDATE batches SET queue = ${queueId} WHERE batch = ?`);

  return {
    count(tallies) {
      const time = now();
      for (const tally of tallies) {
        const name = textValue(tally.batch);
        const row = find.first(name);
        const before = row === undefined ? noTotals : totalsOf(row);
        const after = addTally(before, tally);
        if (sameTotals(before, after)) continue;
        const values = [after.scheduled, after.done, after.failed, after.discarded];
        if (row === undefined) add.run(...values, time, time, name);
        else change.run(...values, time, name);
        if (row !== undefined && before.scheduled === 0 && after.scheduled > 0) adopt.run(name);
      }
    },

    list: (running) =>
      select.all().map((row) => {
        const batch = text(row, 6);
        const [firstAt, lastAt] = [integer(row, 4), integer(row, 5)];
        return countsOf(totalsOf(row), { batch, running: running.get(batch) ?? 0, firstAt, lastAt });
      }),

    any: () => selectAny.first() !== undefined,
  };
}

function totalsOf(row: Row): BatchTotals {
  return {
    scheduled: integer(row, 0),
    done: integer(row, 1),
    failed: integer(row, 2),
    discarded: integer(row, 3),
  };
}
