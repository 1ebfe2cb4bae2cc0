import { messageOf, SimpleTasksError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { LeaseOutcome, Queue, Release, Settlement } from "../queue/queue.ts";
import { settle } from "../queue/settle.ts";
import { createCallLine, type LineClock, type LineEntry, systemClock } from "./call-line.ts";
import type { LeaseKeeper } from "./lease-keeper.ts";

/**
 * Ends messages: reports and deletes, or gives back. What arrives while the queue is busy goes to it together, so a
 * commit serves many tasks. Nothing is sent to the queue for a lease that no longer holds by this machine's clock. What
 * was acknowledged is never sent again: then only the delete is tried again.
 */
export interface Settler {
  /**
   * Resolves when the reports are durable and the message is deleted, when the lease is lost, when trying again cannot
   * help, or when the settler was abandoned. Never rejects.
   *
   * After a failure other than `lease_lost` the message is still leased, unless the settler was abandoned: the caller
   * settles it in another way, or releases it.
   */
  settle(settlement: Settlement): Promise<LeaseOutcome>;
  /** Gives a message back; resolves when that is done or pointless. Never rejects. */
  release(release: Release): Promise<LeaseOutcome>;
  /**
   * The daemon must end: everything, also what is still to come, is tried once more, for a few seconds; what cannot be
   * settled then is given back as far as the queue allows, and resolves with the error.
   */
  abandon(): void;
}

export interface SettlerOptions {
  readonly queue: Queue;
  readonly keeper: Pick<LeaseKeeper, "drop" | "holds">;
  readonly log: Logger;
  readonly clock?: LineClock;
}

interface Ending {
  readonly settlement: Settlement;
  /** Everything was sent and acknowledged: only the delete is missing. */
  readonly reported: boolean;
}

export function createSettler({ queue, keeper, log, clock = systemClock }: SettlerOptions): Settler {
  const abandonment = new AbortController();
  const common = { clock, abandoned: abandonment.signal };

  const addRelease = createCallLine<Release>({
    ...common,
    async call(releases, options) {
      const outcomes = await queue.release(releases, options);
      dropEnded(releases, outcomes);
      return outcomes;
    },
    admits: (entry) => stillHeld(entry, entry.item.receipt),
    next: (release) => release,
    async giveUp(entries, error) {
      for (const entry of entries) entry.resolve({ held: false, error });
    },
    onTrouble: (error, count, again) => logTrouble("messages could not be given back", error, count, again),
  });

  const addEnding = createCallLine<Ending>({
    ...common,
    async call(endings, options) {
      const settlements = endings.map(({ settlement, reported }) =>
        reported ? { ...settlement, sends: [] } : settlement,
      );
      const outcomes = await settle(queue, settlements, options);
      dropEnded(settlements, outcomes);
      return outcomes.map((outcome, place) => markReported(outcome, endings[place]?.reported));
    },
    admits: (entry) => stillHeld(entry, entry.item.settlement.receipt, entry.item.reported),
    next: (ending, failure) => ({
      ...ending,
      reported: ending.reported || (!failure.held && failure.reported === true),
    }),
    giveUp: giveUpEndings,
    onTrouble: (error, count, again) =>
      logTrouble("messages' ends could not be reported", error, count, again),
  });

  async function giveUpEndings(
    entries: readonly LineEntry<Ending>[],
    error: SimpleTasksError,
  ): Promise<void> {
    // Through the line of releases: it makes one try of it too, and waits no longer for it than it must.
    await Promise.all(entries.map(({ item }) => release({ receipt: item.settlement.receipt })));
    for (const { item, resolve } of entries) {
      resolve(markReported({ held: false, error }, item.reported));
    }
  }

  async function release(item: Release): Promise<LeaseOutcome> {
    const outcome = await addRelease(item);
    if (!outcome.held) keeper.drop([item.receipt]);
    return outcome;
  }

  /** Together: a heartbeat in a thread is told once for each call of the queue. */
  function dropEnded(items: readonly { receipt: string }[], outcomes: readonly LeaseOutcome[]): void {
    const ended = items.filter((_, place) => {
      const outcome = outcomes[place];
      return outcome !== undefined && (outcome.held || outcome.error.code === "lease_lost");
    });
    if (ended.length > 0) keeper.drop(ended.map(({ receipt }) => receipt));
  }

  /** One whose lease is over is resolved: somebody else has, or will have, the message. */
  function stillHeld(entry: Pick<LineEntry<unknown>, "resolve">, receipt: string, reported = false): boolean {
    if (keeper.holds(receipt)) return true;
    const error = new SimpleTasksError("lease_lost", `The lease ${receipt} on ${queue.url} has ended`);
    keeper.drop([receipt]);
    entry.resolve(markReported({ held: false, error }, reported));
    return false;
  }

  function logTrouble(what: string, error: SimpleTasksError, count: number, again: boolean): void {
    log.log(again ? "warn" : "error", again ? `${what}, trying again` : what, {
      queue: queue.url,
      messages: count,
      error: messageOf(error),
    });
  }

  return {
    settle: (settlement) => addEnding({ settlement, reported: false }),
    release,
    abandon: () => abandonment.abort(),
  };
}

function markReported(outcome: LeaseOutcome, reported = false): LeaseOutcome {
  return outcome.held || !reported ? outcome : { ...outcome, reported };
}
