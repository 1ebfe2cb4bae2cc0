import type { Queue, Settlement } from "../queue/queue.ts";
import { withAttempts } from "../task/document.ts";
import { doneReport, errorReport, type HostInfo } from "../task/report.ts";
import type { Attempt } from "./attempt.ts";
import { retryDelay } from "./retry-delay.ts";
import type { AttemptError, AttemptOutcome, Phase } from "./runner.ts";

/** Where verdicts lead, and by which rules. */
export interface VerdictPolicy {
  readonly taskQueue: Queue;
  readonly errorQueue: Queue;
  readonly doneQueue: Queue | undefined;
  readonly attempts: number;
  readonly retryDelaySeconds: number;
  readonly daemon: string;
  readonly host: HostInfo;
}

export type Verdict =
  | { readonly kind: "succeeded"; readonly settlement: Settlement }
  | { readonly kind: "retrying"; readonly settlement: Settlement; readonly delaySeconds: number }
  | { readonly kind: "failed"; readonly settlement: Settlement };

/** What becomes of the message after its attempt: done report, another attempt, or error report. */
export function verdictOf(
  attempt: Attempt,
  outcome: Exclude<AttemptOutcome, { kind: "unstarted" }>,
  policy: VerdictPolicy,
): Verdict {
  const { receipt } = attempt.message;
  if (outcome.kind === "succeeded") {
    const sends =
      policy.doneQueue === undefined
        ? []
        : [{ queue: policy.doneQueue, body: done(attempt, outcome.outputs, policy) }];
    return { kind: "succeeded", settlement: { receipt, sends } };
  }
  if (outcome.retryable && attempt.attempt < policy.attempts) {
    const delaySeconds = Math.min(
      retryDelay(attempt.attempt, { firstSeconds: policy.retryDelaySeconds }),
      policy.taskQueue.limits.delaySeconds,
    );
    const body = withAttempts(attempt.text, attempt.attempt);
    return {
      kind: "retrying",
      delaySeconds,
      settlement: { receipt, sends: [{ queue: policy.taskQueue, body, delaySeconds }] },
    };
  }
  const body = errorReport({
    host: policy.host,
    task: attempt.text,
    exception: outcome.error.stack,
    simpletasks: {
      attempt: attempt.attempt,
      phase: outcome.phase,
      error: described(outcome.error),
      ...(attempt.logTail.length > 0 && { log_tail: attempt.logTail }),
      daemon: policy.daemon,
      ...timing(attempt),
    },
    maxBytes: policy.errorQueue.limits.messageBytes,
  });
  return { kind: "failed", settlement: { receipt, sends: [{ queue: policy.errorQueue, body }] } };
}

/** The end of a message that never became an attempt: its text is no task, or names no task type of this daemon. */
export function refusal(
  given: { receipt: string; body: string; phase: Phase; error: AttemptError },
  policy: VerdictPolicy,
): Settlement {
  const body = errorReport({
    host: policy.host,
    task: given.body,
    exception: given.error.stack,
    simpletasks: { phase: given.phase, error: described(given.error), daemon: policy.daemon },
    maxBytes: policy.errorQueue.limits.messageBytes,
  });
  return { receipt: given.receipt, sends: [{ queue: policy.errorQueue, body }] };
}

function done(attempt: Attempt, outputs: readonly string[], policy: VerdictPolicy): string {
  return doneReport({
    host: policy.host,
    task: attempt.text,
    outputs,
    simpletasks: { attempt: attempt.attempt, daemon: policy.daemon, ...timing(attempt) },
  });
}

function timing(attempt: Attempt): { started_at: string; duration_ms: number } | undefined {
  if (attempt.startedAt === undefined) return undefined;
  return {
    started_at: new Date(attempt.startedAt).toISOString(),
    duration_ms: Date.now() - attempt.startedAt,
  };
}

function described(error: AttemptError): { name: string; message: string; code?: string } {
  return { name: error.name, message: error.message, ...(error.code !== undefined && { code: error.code }) };
}
