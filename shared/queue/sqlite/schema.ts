/** "STsk" in ASCII: what marks a file as ours in SQLite's header. */
export const applicationId = 0x5354736b;

/** The layout below. A file of a higher version was made by a newer SimpleTasks and is left alone. */
export const schemaVersion = 2;

/**
 * What is counted of each batch, as `batch-totals.ts` says; `queue` is the one that it was first scheduled to, or that
 * first counted it. Times in ms since 1970.
 */
const batchSchema = `
  CREATE TABLE batches (
    batch TEXT PRIMARY KEY,
    queue INTEGER NOT NULL,
    scheduled INTEGER NOT NULL,
    done INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    discarded INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL
  );`;

/** Layout 1 counted no batches. What lies in its queues stays as it is; tasks of before are counted from here on. */
export const migrationFrom1 = batchSchema;

/**
 * One row per queue; its counters make `stats`, the next id and the next message cost the same at any depth.
 *
 * - `tail`: the id of the next message sent. Ids only grow.
 * - `head`: no message below it is *fresh*. Fresh means: sent without a delay and never received.
 * - `fresh`: how many messages are fresh.
 * - `leased`, `unleased`: how many rows the queue's `aside` table has with a lease and without one.
 */
export const fileSchema = `
  CREATE TABLE queues (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    head INTEGER NOT NULL DEFAULT 1,
    tail INTEGER NOT NULL DEFAULT 1,
    fresh INTEGER NOT NULL DEFAULT 0,
    leased INTEGER NOT NULL DEFAULT 0,
    unleased INTEGER NOT NULL DEFAULT 0
  );
  ${batchSchema}`;

export interface TableNames {
  readonly messages: string;
  readonly later: string;
  readonly aside: string;
}

export function tableNames(queueId: number): TableNames {
  return { messages: `messages_${queueId}`, later: `later_${queueId}`, aside: `aside_${queueId}` };
}

/**
 * A queue's own tables. Sending appends a row to `messages` and touches no index, which is why it is fast.
 *
 * - `messages`: everything sent without a delay, in the order of ids. From `head` on, every row is fresh.
 * - `later`: what was sent with a delay, so that a run of fresh messages has no row among it that must not be taken.
 * - `aside`: one small row for each message that is not fresh: leased (`lease` is not 0), delayed, or given back.
 *   `until` is when it becomes visible, in ms since 1970: the lease's end, the delay's end, or 0 when it was given back.
 */
export function queueSchema({ messages, later, aside }: TableNames): string {
  return `
    CREATE TABLE ${messages} (id INTEGER PRIMARY KEY, body TEXT NOT NULL, sent_at INTEGER NOT NULL);
    CREATE TABLE ${later} (id INTEGER PRIMARY KEY, body TEXT NOT NULL, sent_at INTEGER NOT NULL);
    CREATE TABLE ${aside} (id INTEGER PRIMARY KEY, until INTEGER NOT NULL, lease INTEGER NOT NULL, deliveries INTEGER NOT NULL);
    CREATE INDEX ${aside}_until ON ${aside} (until, id, lease);`;
}
