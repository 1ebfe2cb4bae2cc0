import type { DatabaseSync } from "node:sqlite";
import { prepareQuery } from "./rows.ts";
import { tableNames } from "./schema.ts";

export type QueueStatements = ReturnType<typeof prepareQueueStatements>;

/** The SQL of one queue, prepared. `schema.ts` says what the tables and columns mean. */
export function prepareQueueStatements(database: DatabaseSync, queueId: number) {
  const { messages, later, aside } = tableNames(queueId);
  // Parameters are plain question marks: Node 22 binds no numbered ones.
  const query = (sql: string) => prepareQuery(database, sql);
  const readCounters = query(`SELECT head, tail, fresh, leased, unleased FROM queues WHERE id = ${queueId}`);
  const writeCounters = database.prepare(
    `UPDATE queues SET head = ?, tail = ?, fresh = ?, leased = ?, unleased = ? WHERE id = ${queueId}`,
  );
  const appendMessage = database.prepare(`INSERT INTO ${messages} VALUES (?, ?, ?)`);
  const appendLater = database.prepare(`INSERT INTO ${later} VALUES (?, ?, ?)`);
  const hide = database.prepare(`INSERT INTO ${aside} VALUES (?, ?, 0, 0)`);
  const selectDue = query(
    `SELECT aside.id, coalesce(messages.body, later.body), coalesce(messages.sent_at, later.sent_at), deliveries, lease
     FROM ${aside} AS aside LEFT JOIN ${messages} AS messages USING (id) LEFT JOIN ${later} AS later USING (id)
     WHERE until <= ? ORDER BY until, aside.id LIMIT ?`,
  );
  const leaseDue = database.prepare(
    `UPDATE ${aside} SET until = ?, lease = ?, deliveries = deliveries + 1 WHERE id = ?`,
  );
  const selectFresh = query(`SELECT id, body, sent_at FROM ${messages} WHERE id >= ? ORDER BY id LIMIT ?`);
  const sizeFresh = query(
    `SELECT total(octet_length(body)) FROM (SELECT body FROM ${messages} WHERE id >= ? ORDER BY id LIMIT ?)`,
  );
  const leaseFresh = database.prepare(
    `INSERT INTO ${aside} SELECT id, ?, ?, 1 FROM ${messages} WHERE id BETWEEN ? AND ?`,
  );
  const selectStored = query(
    `SELECT stored.id, body, sent_at, coalesce(until, 0), lease, deliveries
     FROM (SELECT * FROM ${messages} WHERE id = ? UNION ALL SELECT * FROM ${later} WHERE id = ?) AS stored
     LEFT JOIN ${aside} AS aside ON aside.id = stored.id`,
  );
  const copyToLater = database.prepare(`INSERT INTO ${later} SELECT * FROM ${messages} WHERE id = ?`);
  const deleteMessages = database.prepare(`DELETE FROM ${messages} WHERE id BETWEEN ? AND ?`);
  const leaseOne = database.prepare(`INSERT INTO ${aside} VALUES (?, ?, ?, 1)`);
  const selectHeld = query(
    `SELECT count(*), max(until) FROM ${aside} WHERE id BETWEEN ? AND ? AND lease = ? AND until > ?`,
  );
  const extendRun = database.prepare(`UPDATE ${aside} SET until = ? WHERE id BETWEEN ? AND ?`);
  const releaseRun = database.prepare(
    `UPDATE ${aside} SET until = ?, lease = 0, deliveries = deliveries - ? WHERE id BETWEEN ? AND ?`,
  );
  const deleteRun = [aside, messages, later].map((table) =>
    database.prepare(`DELETE FROM ${table} WHERE id BETWEEN ? AND ?`),
  );
  const releaseLeased = database.prepare(`UPDATE ${aside} SET until = 0, lease = 0 WHERE lease <> 0`);
  const countLapsedLeases = query(`SELECT count(*) FROM ${aside} WHERE until <= ? AND lease <> 0`);
  const selectAsideSent = query(
    `SELECT aside.id, coalesce(messages.sent_at, later.sent_at) AS sent, octet_length(coalesce(messages.body, later.body)), until, lease
     FROM ${aside} AS aside LEFT JOIN ${messages} AS messages USING (id) LEFT JOIN ${later} AS later USING (id)
     WHERE aside.id > ? ORDER BY aside.id`,
  );
  const selectFreshSent = query(
    `SELECT id, sent_at, octet_length(body) FROM ${messages} WHERE id >= ? ORDER BY id`,
  );
  const selectLeasedBodies = query(
    `SELECT coalesce(messages.body, later.body)
     FROM ${aside} AS aside LEFT JOIN ${messages} AS messages USING (id) LEFT JOIN ${later} AS later USING (id)
     WHERE until > ? AND lease <> 0`,
  );
  const selectSizes = query(
    `SELECT id, octet_length(body) FROM ${messages} WHERE id < ?
     UNION ALL SELECT id, octet_length(body) FROM ${later} WHERE id < ? ORDER BY 1`,
  );
  const selectBodies = query(
    `SELECT body FROM ${messages} WHERE id BETWEEN ? AND ?
     UNION ALL SELECT body FROM ${later} WHERE id BETWEEN ? AND ?`,
  );
  const countAside = query(
    `SELECT count(*) FILTER (WHERE lease <> 0), count(*) FILTER (WHERE lease = 0) FROM ${aside} WHERE id BETWEEN ? AND ?`,
  );
  const selectStats = query(
    `SELECT fresh, leased, unleased, (SELECT count(*) FROM ${aside} WHERE until <= ?),
       (SELECT count(*) FROM ${aside} WHERE until <= ? AND lease <> 0)
     FROM queues WHERE id = ${queueId}`,
  );
  const selectLook = query(
    `SELECT fresh, (SELECT min(until) FROM ${aside}) FROM queues WHERE id = ${queueId}`,
  );
  const selectPeek = query(
    `SELECT stored.id, body, sent_at, coalesce(until, 0), coalesce(lease, 0), coalesce(deliveries, 0)
     FROM (SELECT * FROM ${messages} WHERE id > ? UNION ALL SELECT * FROM ${later} WHERE id > ? ORDER BY 1 LIMIT ?) AS stored
     LEFT JOIN ${aside} AS aside ON aside.id = stored.id ORDER BY stored.id`,
  );

  return {
    readCounters,
    writeCounters,
    appendMessage,
    appendLater,
    hide,
    selectDue,
    leaseDue,
    selectFresh,
    sizeFresh,
    leaseFresh,
    selectStored,
    copyToLater,
    deleteMessages,
    leaseOne,
    selectHeld,
    extendRun,
    releaseRun,
    deleteRun,
    releaseLeased,
    countLapsedLeases,
    selectAsideSent,
    selectFreshSent,
    selectLeasedBodies,
    selectSizes,
    selectBodies,
    countAside,
    selectStats,
    selectLook,
    selectPeek,
  };
}
