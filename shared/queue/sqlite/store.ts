import { randomInt } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { isBusy } from "./errors.ts";
import { createQueueTable, type QueueTable } from "./queue-table.ts";
import { integer, prepareQuery } from "./rows.ts";
import { createSpace, type Space } from "./space.ts";
import { queueSchema, tableNames } from "./schema.ts";

/**
 * The queues of one file and its write transactions, synchronously; knows nothing of threads.
 *
 * What a *durable* transaction changed is on disk when `commit` returns. The others (receive, extend, release) need not
 * wait for the disk: they change only leases, and after a crash of the machine nobody is left who holds one.
 */
export interface Store extends Disposable {
  /** Begins a write transaction; false when somebody else is in one. Never waits. */
  begin(durable: boolean): boolean;
  /** The queue of that name, made when there is none. In a write transaction only. */
  queue(name: string): QueueTable;
  commit(): void;
  rollback(): void;
  /** The queue of that name to read from, at any time; undefined when there is none yet. */
  existing(name: string): QueueTable | undefined;
  readonly space: Space;
}

export interface StoreOptions {
  /** Milliseconds since 1970. Default: this machine's clock. */
  readonly now?: () => number;
  readonly randomToken?: () => number;
}

export function createStore(
  database: DatabaseSync,
  { now = Date.now, randomToken = () => randomInt(1, 2 ** 48 - 1) }: StoreOptions = {},
): Store {
  const findQueue = prepareQuery(database, "SELECT id FROM queues WHERE name = ?");
  const addQueue = database.prepare("INSERT INTO queues (name) VALUES (?)");
  const tables = new Map<string, QueueTable>();
  const touched = new Set<QueueTable>();

  const existing = (name: string): QueueTable | undefined => {
    const known = tables.get(name);
    if (known !== undefined) return known;
    const row = findQueue.first(name);
    if (row === undefined) return undefined;
    const table = createQueueTable({ database, queueId: integer(row, 0), now, randomToken });
    tables.set(name, table);
    return table;
  };

  const create = (name: string): QueueTable => {
    const queueId = Number(addQueue.run(name).lastInsertRowid);
    database.exec(queueSchema(tableNames(queueId)));
    const table = createQueueTable({ database, queueId, now, randomToken });
    tables.set(name, table);
    return table;
  };

  const forget = (): void => {
    for (const table of touched) table.forget();
    touched.clear();
  };

  return {
    begin(durable) {
      database.exec(durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
      try {
        database.exec("BEGIN IMMEDIATE");
        return true;
      } catch (error) {
        if (isBusy(error)) return false;
        throw error;
      }
    },

    queue(name) {
      const table = existing(name) ?? create(name);
      touched.add(table);
      return table;
    },

    commit() {
      for (const table of touched) table.flush();
      database.exec("COMMIT");
      forget();
    },

    rollback() {
      forget();
      // A queue that was made in this transaction is gone with it.
      tables.clear();
      if (database.isTransaction) database.exec("ROLLBACK");
    },

    existing,
    space: createSpace(database),

    [Symbol.dispose]() {
      database.close();
    },
  };
}
