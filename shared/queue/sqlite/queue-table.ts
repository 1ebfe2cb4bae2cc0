import type { DatabaseSync } from "node:sqlite";
import type { BatchTally } from "../batch-totals.ts";
import { createBatchTable } from "./batch-table.ts";
import type { Counters } from "./counters.ts";
import { damagedError } from "./errors.ts";
import { type Expired, expireStep } from "./expire.ts";
import { leaseIds, type TakenByIds } from "./lease-ids.ts";
import { type Purged, purgeStep } from "./purge.ts";
import { createQueueReads, type QueueReads } from "./queue-reads.ts";
import { prepareQueueStatements } from "./queue-statements.ts";
import { receiveMessages } from "./receive.ts";
import { integer, textValue } from "./rows.ts";
import { type Leases, type Run, runsOf, singles } from "./runs.ts";
import type { Taken } from "./taken.ts";

/**
 * One queue of a file, synchronously. Every method but those of {@link QueueReads} must run in a write transaction;
 * `flush` writes the counters back before it commits, `forget` drops what was read when it ends.
 */
export interface QueueTable extends QueueReads {
  /** Appends messages under consecutive ids and gives the first. `delays` in seconds, one per body; absent when all are 0. */
  send(bodies: readonly string[], delays?: readonly number[]): number;
  /** Leases up to `max` messages: those given back, lapsed or due before the fresh ones. Ends early at `largestBatch` of text. */
  receive(max: number, leaseSeconds: number): Taken;
  /** Leases the visible ones of these messages, until an answer is full. */
  lease(ids: readonly number[], leaseSeconds: number): TakenByIds;
  extend(leases: Leases, leaseSeconds: number): Extended;
  /** `delays` in seconds and `unstarted`: one per lease. */
  release(leases: Leases, delays: readonly number[], unstarted: readonly boolean[]): Closed;
  delete(leases: Leases): Closed;
  /** Counts tasks of batches that change in this transaction. */
  count(tallies: readonly BatchTally[]): void;
  /** A step of `purgeStep`. */
  purge(end?: number): Purged;
  /** A step of `expireStep`. */
  expire(before: number, after: number): Expired;
  /** Ends every lease; gives how many had not lapsed. */
  releaseAll(): number;
  flush(): void;
  forget(): void;
}

/** `lost`: the places of leases that are no longer held. */
export interface Closed {
  readonly lost: readonly number[];
}

export interface Extended extends Closed {
  readonly leaseEnd: number;
  /** Whether a lease now ends earlier than before: then those who wait for it must look again. */
  readonly shortened: boolean;
}

export interface QueueTableContext {
  readonly database: DatabaseSync;
  readonly queueId: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A number from 1 to 2^48 - 1 that nobody can guess. */
  readonly randomToken: () => number;
}

export function createQueueTable({ database, queueId, now, randomToken }: QueueTableContext): QueueTable {
  const statements = prepareQueueStatements(database, queueId);
  const batches = createBatchTable({ database, queueId, now });
  let counters: Counters | undefined;
  const count = (): Counters => {
    if (counters === undefined) {
      const row = statements.readCounters.first();
      const column = (index: number): number => integer(row, index);
      counters = {
        head: column(0),
        tail: column(1),
        fresh: column(2),
        leased: column(3),
        unleased: column(4),
      };
    }
    return counters;
  };

  const newLease = (leaseSeconds: number) => {
    const time = now();
    return { time, token: randomToken(), leaseEnd: afterSeconds(time, leaseSeconds) };
  };

  /** Runs `act` on every run that is still held, and gives the places of the leases that are not. */
  const onHeld = (runs: readonly Run[], act: (run: Run, latestEnd: number) => void): Closed => {
    const lost: number[] = [];
    const time = now();
    const visit = (run: Run): void => {
      const held = statements.selectHeld.first(run.first, run.last, run.token, time);
      if (integer(held, 0) === run.places.length) act(run, integer(held, 1));
      else if (run.places.length > 1) singles(run).forEach(visit);
      else lost.push(...run.places);
    };
    runs.forEach(visit);
    return { lost };
  };

  return {
    send(bodies, delays) {
      const counters = count();
      const time = now();
      const first = counters.tail;
      bodies.forEach((body, index) => {
        const delay = delays?.[index] ?? 0;
        const id = counters.tail++;
        if (delay > 0) {
          statements.appendLater.run(id, textValue(body), time);
          statements.hide.run(id, afterSeconds(time, delay));
          counters.unleased += 1;
        } else {
          statements.appendMessage.run(id, textValue(body), time);
          counters.fresh += 1;
        }
      });
      return first;
    },

    receive(max, leaseSeconds) {
      const taken = receiveMessages({ statements, counters: count() }, max, newLease(leaseSeconds));
      // Waiting receivers trust the counter: were it wrong, they would look again for ever.
      if (taken === undefined)
        throw damagedError(database.location() ?? "", "its counters do not fit its rows");
      return taken;
    },

    lease: (ids, leaseSeconds) => leaseIds({ statements, counters: count() }, ids, newLease(leaseSeconds)),

    extend(leases, leaseSeconds) {
      const leaseEnd = afterSeconds(now(), leaseSeconds);
      let shortened = false;
      const closed = onHeld(runsOf(leases), (run, latestEnd) => {
        statements.extendRun.run(leaseEnd, run.first, run.last);
        shortened ||= leaseEnd < latestEnd;
      });
      return { ...closed, leaseEnd, shortened };
    },

    release(leases, delays, unstarted) {
      const counters = count();
      const time = now();
      const alike = (one: number, other: number): boolean =>
        delays[one] === delays[other] && unstarted[one] === unstarted[other];
      return onHeld(runsOf(leases, alike), (run) => {
        const place = run.places[0] ?? 0;
        const delay = delays[place] ?? 0;
        statements.releaseRun.run(
          delay > 0 ? afterSeconds(time, delay) : 0,
          unstarted[place] === true ? 1 : 0,
          run.first,
          run.last,
        );
        counters.leased -= run.places.length;
        counters.unleased += run.places.length;
      });
    },

    delete(leases) {
      const counters = count();
      return onHeld(runsOf(leases), (run) => {
        for (const statement of statements.deleteRun) statement.run(run.first, run.last);
        counters.leased -= run.places.length;
      });
    },

    count: (tallies) => batches.count(tallies),

    purge: (end) => purgeStep({ statements, counters: count(), batches }, end),

    expire: (before, after) => expireStep({ statements, counters: count() }, { before, after, time: now() }),

    releaseAll() {
      const counters = count();
      const ended = counters.leased - integer(statements.countLapsedLeases.first(now()), 0);
      statements.releaseLeased.run();
      counters.unleased += counters.leased;
      counters.leased = 0;
      return ended;
    },

    flush() {
      if (counters === undefined) return;
      statements.writeCounters.run(
        counters.head,
        counters.tail,
        counters.fresh,
        counters.leased,
        counters.unleased,
      );
    },

    forget() {
      counters = undefined;
    },

    ...createQueueReads({ database, statements, batches, now }),
  };
}

/** Rounded up: a lease or delay is never shorter than asked for. */
function afterSeconds(time: number, seconds: number): number {
  return Math.ceil(time + seconds * 1000);
}
