/** A queue's row of counters; `schema.ts` says what they mean. Changed in place during a write transaction. */
export interface Counters {
  head: number;
  tail: number;
  fresh: number;
  leased: number;
  unleased: number;
}
