import { rm } from "node:fs/promises";
import { isSimpleTasksError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { Settlement } from "../queue/queue.ts";
import { describeThrown } from "./phases/thrown.ts";
import type { Attempt } from "./attempt.ts";
import type { EndCounters } from "./counters.ts";
import type { LeaseKeeper } from "./lease-keeper.ts";
import type { AttemptOutcome } from "./runner.ts";
import type { Settler } from "./settler.ts";
import { verdictOf, type Verdict, type VerdictPolicy } from "./verdict.ts";

/** What comes after the runner: upload, report, delete; or retry; or giving back. */
export interface Ending {
  /** Brings the attempt's message to its end. Never rejects. */
  end(attempt: Attempt, outcome: AttemptOutcome): Promise<void>;
  /** Ends a message that is no task of this daemon. Never rejects. */
  refuse(settlement: Settlement): Promise<void>;
  counters(): EndCounters;
}

/**
 * The order that nothing may change: outputs durable, then report durable, then message deleted; each step only while
 * the lease holds by this machine's clock.
 */
export function createEnding(given: {
  readonly policy: VerdictPolicy;
  readonly settler: Settler;
  readonly keeper: LeaseKeeper;
  readonly log: Logger;
  onOver(attempt: Attempt): void;
}): Ending {
  const { policy, settler, keeper, log, onOver } = given;
  const counters = { succeeded: 0, failed: 0, retried: 0, returned: 0, leasesLost: 0 };

  async function end(attempt: Attempt, outcome: AttemptOutcome): Promise<void> {
    attempt.releasePins();
    const final = outcome.kind === "succeeded" ? await upload(attempt, outcome) : outcome;
    if (attempt.leaseLost || !keeper.holds(attempt.message.receipt)) loseLease(attempt);
    else if (final.kind === "unstarted") await giveBack(attempt, true);
    else if (final.kind === "failed" && attempt.aborted) await giveBack(attempt, false);
    else await settle(attempt, verdictOf(attempt, final, policy), final);
    await cleanUp(attempt, outcome);
    onOver(attempt);
  }

  async function upload(attempt: Attempt, outcome: AttemptOutcome): Promise<AttemptOutcome> {
    const { staged } = attempt;
    if (staged === undefined) return outcome;
    try {
      await staged.commit({ mayUpload: () => keeper.holds(attempt.message.receipt), signal: attempt.signal });
      return outcome;
    } catch (error) {
      if (isSimpleTasksError(error, "lease_lost")) attempt.leaseLost = true;
      return { kind: "failed", phase: "upload", error: describeThrown(error, "io"), retryable: true };
    }
  }

  async function settle(attempt: Attempt, verdict: Verdict, outcome: AttemptOutcome): Promise<void> {
    const settled = await settler.settle(verdict.settlement);
    if (!settled.held) {
      if (settled.error.code === "lease_lost") loseLease(attempt);
      else
        log.log("error", "the task's end could not be reported; it will be delivered again", {
          ...about(attempt),
          error: settled.error.message,
        });
      return;
    }
    if (verdict.kind === "succeeded") {
      counters.succeeded += 1;
      log.log("info", "task succeeded", about(attempt));
      return;
    }
    const failure = outcome.kind === "failed" ? { phase: outcome.phase, error: outcome.error.message } : {};
    if (verdict.kind === "retrying") {
      counters.retried += 1;
      log.log("warn", "attempt failed, trying again", {
        ...about(attempt),
        retry_seconds: verdict.delaySeconds,
        ...failure,
      });
    } else {
      counters.failed += 1;
      log.log("error", "task failed", { ...about(attempt), ...failure });
    }
  }

  async function giveBack(attempt: Attempt, unstarted: boolean): Promise<void> {
    const released = await settler.release({ receipt: attempt.message.receipt, unstarted });
    if (!released.held) return;
    counters.returned += 1;
    log.log("debug", "task given back", about(attempt));
  }

  function loseLease(attempt: Attempt): void {
    counters.leasesLost += 1;
    keeper.drop([attempt.message.receipt]);
    log.log("warn", "the lease ended before the task did; nothing of it was reported", about(attempt));
  }

  async function cleanUp(attempt: Attempt, outcome: AttemptOutcome): Promise<void> {
    const scratchMade = outcome.kind !== "unstarted" && (outcome.scratchMade ?? true);
    try {
      await attempt.staged?.discard();
      if (scratchMade) await rm(attempt.scratch, { recursive: true, force: true });
    } catch (error) {
      log.log("warn", "the attempt's files could not be removed", {
        ...about(attempt),
        error: describeThrown(error, "io").message,
      });
    }
  }

  return {
    end,
    async refuse(settlement) {
      const settled = await settler.settle(settlement);
      if (settled.held) counters.failed += 1;
    },
    counters: () => ({ ...counters }),
  };
}

function about(attempt: Attempt): Record<string, unknown> {
  return {
    task: String(attempt.document.id),
    name: attempt.name,
    attempt: attempt.attempt,
    ...(attempt.startedAt !== undefined && { seconds: (Date.now() - attempt.startedAt) / 1000 }),
  };
}
