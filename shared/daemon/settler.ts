import { setTimeout as delay } from "node:timers/promises";
import { asSimpleTasksError, SimpleTasksError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { LeaseOutcome, Queue, Release, Settlement } from "../queue/queue.ts";
import { settle } from "../queue/settle.ts";
import type { LeaseKeeper } from "./lease-keeper.ts";

/**
 * Ends messages: reports and deletes, or gives back. What arrives while the queue is busy goes to it together, so a
 * commit serves many tasks. Nothing is sent to the queue for a lease that no longer holds by this machine's clock.
 */
export interface Settler {
  /** Resolves when the reports are durable and the message is deleted, or the lease is lost. Never rejects. */
  settle(settlement: Settlement): Promise<LeaseOutcome>;
  /** Gives a message back; resolves when that is done or pointless. Never rejects. */
  release(release: Release): Promise<LeaseOutcome>;
}

interface Entry<Item extends { readonly receipt: string }> {
  readonly item: Item;
  resolve(outcome: LeaseOutcome): void;
}

/** Most messages in one call of the queue. */
const batchSize = 1000;
/** Pause before a queue that failed is asked again, in milliseconds. */
const troubleDelay = 500;

export function createSettler(given: { queue: Queue; keeper: LeaseKeeper; log: Logger }): Settler {
  const { queue, keeper, log } = given;
  const settled = createLine<Settlement>((batch) => settle(queue, batch));
  const released = createLine<Release>((batch) => queue.release(batch));
  return { settle: settled, release: released };

  function createLine<Item extends { readonly receipt: string }>(
    send: (batch: readonly Item[]) => Promise<readonly LeaseOutcome[]>,
  ): (item: Item) => Promise<LeaseOutcome> {
    const waiting: Entry<Item>[] = [];
    let sending = false;

    async function sendWaiting(): Promise<void> {
      while (waiting.length > 0) {
        const taken = waiting.splice(0, batchSize);
        const batch = taken.filter((entry) => keeper.holds(entry.item.receipt) || giveUp(entry));
        const failed = await sendBatch(batch);
        if (failed.length === 0) continue;
        waiting.unshift(...failed);
        await delay(troubleDelay);
      }
      sending = false;
    }

    /** Sends one batch; resolves to the entries to try again. */
    async function sendBatch(batch: readonly Entry<Item>[]): Promise<Entry<Item>[]> {
      if (batch.length === 0) return [];
      try {
        const outcomes = await send(batch.map((entry) => entry.item));
        const done: string[] = [];
        const failed: Entry<Item>[] = [];
        for (const [index, entry] of batch.entries()) {
          const outcome = outcomes[index] ?? lost(entry.item.receipt);
          if (!outcome.held && outcome.error.retryable) {
            failed.push(entry);
            continue;
          }
          done.push(entry.item.receipt);
          entry.resolve(outcome);
        }
        keeper.drop(done);
        return failed;
      } catch (error) {
        const { message } = asSimpleTasksError(error, "io");
        log.log("warn", "the task queue could not be reached, trying again", {
          queue: queue.url,
          error: message,
        });
        return [...batch];
      }
    }

    function giveUp(entry: Entry<Item>): false {
      keeper.drop([entry.item.receipt]);
      entry.resolve(lost(entry.item.receipt));
      return false;
    }

    return (item) =>
      new Promise((resolve) => {
        waiting.push({ item, resolve });
        if (sending) return;
        sending = true;
        // Everything that ends in this turn of the event loop goes into one batch.
        setImmediate(() => void sendWaiting());
      });
  }

  function lost(receipt: string): LeaseOutcome {
    return {
      held: false,
      error: new SimpleTasksError("lease_lost", `The lease ${receipt} on ${queue.url} has ended`),
    };
  }
}
