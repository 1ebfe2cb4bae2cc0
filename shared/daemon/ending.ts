import { rm } from "node:fs/promises";
import { type ErrorCode, isSimpleTasksError, type SimpleTasksError } from "../errors.ts";
import type { LogFields, Logger } from "../logger.ts";
import type { LeaseOutcome } from "../queue/queue.ts";
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
  refuse(verdict: Verdict): Promise<void>;
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
    try {
      await bringToEnd(attempt, outcome);
    } catch (error) {
      logFault(error, about(attempt));
      await settler.release({ receipt: attempt.message.receipt, delaySeconds: faultDelay() });
    } finally {
      await cleanUp(attempt, outcome);
    }
    onOver(attempt);
  }

  async function bringToEnd(attempt: Attempt, outcome: AttemptOutcome): Promise<void> {
    attempt.releasePins();
    const final = outcome.kind === "succeeded" ? await upload(attempt, outcome) : outcome;
    if (attempt.leaseLost || !keeper.holds(attempt.message.receipt)) loseLease(attempt);
    else if (final.kind === "unstarted") await giveBack(attempt, true);
    else if (final.kind === "failed" && attempt.aborted) await giveBack(attempt, false);
    else await settle(attempt, verdictOf(attempt, final, policy));
  }

  async function upload(attempt: Attempt, outcome: AttemptOutcome): Promise<AttemptOutcome> {
    const { staged } = attempt;
    if (staged === undefined) return outcome;
    attempt.onPhase("upload");
    try {
      await staged.commit({ mayUpload: () => keeper.holds(attempt.message.receipt), signal: attempt.signal });
      return outcome;
    } catch (error) {
      if (isSimpleTasksError(error, "lease_lost")) attempt.leaseLost = true;
      return {
        kind: "failed",
        phase: "upload",
        error: describeThrown(error, "io"),
        retryable: mayPass(error),
      };
    }
  }

  async function settle(attempt: Attempt, wanted: Verdict): Promise<void> {
    attempt.onPhase("report");
    const { verdict, outcome } = await carryOut(wanted, about(attempt));
    if (!outcome.held) {
      if (outcome.error.code === "lease_lost") loseLease(attempt, outcome.reported);
      return;
    }
    if (verdict.kind === "succeeded") {
      counters.succeeded += 1;
      log.log("info", "task succeeded", about(attempt));
      return;
    }
    const failure = { phase: verdict.failure.phase, error: verdict.failure.error.message };
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

  /**
   * Settles as wanted, or in a smaller way where a queue cannot carry that. What cannot be settled at all is given back with
   * a delay and told: it will be delivered again.
   */
  async function carryOut(
    wanted: Verdict,
    facts: LogFields,
  ): Promise<{ readonly verdict: Verdict; readonly outcome: LeaseOutcome }> {
    let verdict = wanted;
    let outcome = await settler.settle(verdict.settlement);
    while (!outcome.held && isUncarriable(outcome.error) && verdict.smaller !== undefined) {
      log.log("warn", "a queue cannot carry what was to be sent; it is shortened", {
        ...facts,
        queue: verdict.settlement.sends[0]?.queue.url,
        error: outcome.error.message,
      });
      verdict = verdict.smaller(outcome.error);
      outcome = await settler.settle(verdict.settlement);
    }
    if (!outcome.held && outcome.error.code !== "lease_lost") {
      log.log("error", "the end of a message could not be reported; it will be delivered again", {
        queue: policy.taskQueue.url,
        ...facts,
        reported: outcome.reported ?? false,
        error: outcome.error.message,
      });
      await settler.release({ receipt: verdict.settlement.receipt, delaySeconds: faultDelay() });
    }
    return { verdict, outcome };
  }

  /** Seconds until a message whose end failed is delivered again. */
  function faultDelay(): number {
    return Math.min(60, policy.taskQueue.limits.delaySeconds);
  }

  function logFault(error: unknown, facts: LogFields): void {
    log.log("error", "the end of a message failed; it will be delivered again", {
      queue: policy.taskQueue.url,
      ...facts,
      error: describeThrown(error, "internal").stack,
    });
  }

  async function giveBack(attempt: Attempt, unstarted: boolean): Promise<void> {
    const released = await settler.release({ receipt: attempt.message.receipt, unstarted });
    if (!released.held) {
      log.log("warn", "task could not be given back; its lease runs out", {
        ...about(attempt),
        error: released.error.message,
      });
      return;
    }
    counters.returned += 1;
    log.log("debug", "task given back", about(attempt));
  }

  function loseLease(attempt: Attempt, reported = false): void {
    counters.leasesLost += 1;
    keeper.drop([attempt.message.receipt]);
    const told = reported ? "it was reported, and will be delivered again" : "nothing of it was reported";
    log.log("warn", `the lease ended before the task did; ${told}`, about(attempt));
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
    async refuse(verdict) {
      const facts = { queue: policy.taskQueue.url, receipt: verdict.settlement.receipt };
      try {
        const { outcome } = await carryOut(verdict, facts);
        if (outcome.held) counters.failed += 1;
        else if (outcome.error.code === "lease_lost") {
          log.log("warn", "the lease of a refused message ended before it was reported", facts);
        }
      } catch (error) {
        logFault(error, facts);
      }
    },
    counters: () => ({ ...counters }),
  };
}

/** What a queue can never carry, however often it is sent. */
function isUncarriable({ code }: SimpleTasksError): boolean {
  return code === "message_too_large" || code === "message_invalid";
}

/** Failures of an upload that come again when the whole task runs again. */
const lasting: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "key_unsupported",
  "key_invalid",
  "not_supported",
  "object_exists",
]);

function mayPass(error: unknown): boolean {
  return !isSimpleTasksError(error) || error.retryable || !lasting.has(error.code);
}

function about(attempt: Attempt): Record<string, unknown> {
  return {
    task: String(attempt.document.id),
    name: attempt.name,
    attempt: attempt.attempt,
    ...(attempt.startedAt !== undefined && { seconds: (Date.now() - attempt.startedAt) / 1000 }),
  };
}
