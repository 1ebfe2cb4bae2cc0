import { messageOf } from "../errors.ts";
import type { Queue } from "../queue/queue.ts";

/** A lease in hand: its receipt and its end, in milliseconds since 1970. */
export type HeldLease = readonly [receipt: string, leaseEnd: number];

export interface RenewalsOptions {
  readonly queue: Pick<Queue, "extend">;
  readonly leaseSeconds: number;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly clock?: () => number;
  onRenewed(leases: readonly HeldLease[]): void;
  /** These leases are over: the queue said so, or their end passed while the queue could not be reached. */
  onLost(receipts: readonly string[]): void;
  /** The queue could not be reached; it is tried again at the next `renewDue`. */
  onTrouble(message: string): void;
}

export interface Renewals {
  hold(leases: readonly HeldLease[]): void;
  drop(receipts: readonly string[]): void;
  /** Renews every lease of which a third has passed, and tells of those that are over. While one call asks the queue, others only tell. */
  renewDue(): Promise<void>;
  /** How often `renewDue` should be called, in milliseconds: each lease then gets four tries before it ends. */
  readonly intervalMilliseconds: number;
}

/**
 * Keeps leases alive: a lease is renewed when a third of it has passed, so one that is lost was out of reach for
 * two thirds of its length. Invariant: `held` is in the order of lease ends, because every renewal moves its lease
 * to the back with the latest end; so the due ones are the first ones.
 */
export function createRenewals(options: RenewalsOptions): Renewals {
  const { queue, leaseSeconds, clock = Date.now } = options;
  const held = new Map<string, number>();
  const leaseMilliseconds = leaseSeconds * 1000;
  let renewing = false;

  function due(now: number): string[] {
    const receipts: string[] = [];
    for (const [receipt, leaseEnd] of held) {
      if (leaseEnd - now > (leaseMilliseconds * 2) / 3) break;
      receipts.push(receipt);
    }
    return receipts;
  }

  function lose(receipts: readonly string[]): void {
    const lost = receipts.filter((receipt) => held.delete(receipt));
    if (lost.length > 0) options.onLost(lost);
  }

  function loseLapsed(): void {
    const now = clock();
    const lapsed: string[] = [];
    for (const [receipt, leaseEnd] of held) {
      if (leaseEnd > now) break;
      lapsed.push(receipt);
    }
    lose(lapsed);
  }

  async function renew(receipts: readonly string[]): Promise<void> {
    // A queue that does not answer is given up when the leases are over, so that the next call can try the others.
    const signal = AbortSignal.timeout(Math.ceil((leaseMilliseconds * 2) / 3));
    const outcomes = await queue.extend(receipts, leaseSeconds, { signal });
    const renewed: HeldLease[] = [];
    const lost: string[] = [];
    for (const [index, receipt] of receipts.entries()) {
      const outcome = outcomes[index];
      // Dropped while the queue was asked: its message is settled, whatever the answer.
      if (outcome === undefined || !held.has(receipt)) continue;
      if (outcome.held && outcome.leaseEnd !== undefined) {
        held.delete(receipt);
        held.set(receipt, outcome.leaseEnd);
        renewed.push([receipt, outcome.leaseEnd]);
      } else if (!outcome.held && !outcome.error.retryable) {
        lost.push(receipt);
      }
    }
    if (renewed.length > 0) options.onRenewed(renewed);
    lose(lost);
  }

  return {
    intervalMilliseconds: Math.max(10, leaseMilliseconds / 6),
    hold(leases) {
      for (const [receipt, leaseEnd] of leases) held.set(receipt, leaseEnd);
    },
    drop(receipts) {
      for (const receipt of receipts) held.delete(receipt);
    },
    async renewDue() {
      loseLapsed();
      if (renewing) return;
      renewing = true;
      try {
        const receipts = due(clock());
        if (receipts.length > 0) await renew(receipts);
      } catch (error) {
        options.onTrouble(messageOf(error));
      } finally {
        renewing = false;
      }
      loseLapsed();
    },
  };
}
