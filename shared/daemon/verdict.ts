import type { SimpleTasksError } from "../errors.ts";
import type { BatchChange, Queue, Settlement } from "../queue/queue.ts";
import { withAttempts } from "../task/document.ts";
import {
  doneReport,
  errorReport,
  type ErrorReportMarks,
  type HostInfo,
  shortDoneReport,
} from "../task/report.ts";
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

export type Verdict = VerdictEnd & {
  readonly settlement: Settlement;
  /** What becomes of the message when a queue cannot carry what the settlement sends; absent where nothing is left to cut. */
  readonly smaller?: (refusal: SimpleTasksError) => Verdict;
};

type VerdictEnd =
  | { readonly kind: "succeeded" }
  | { readonly kind: "retrying"; readonly failure: Failure; readonly delaySeconds: number }
  | { readonly kind: "failed"; readonly failure: Failure };

interface Failure {
  readonly phase: Phase;
  readonly error: AttemptError;
}

/** What becomes of the message after its attempt: done report, another attempt, or error report. */
export function verdictOf(
  attempt: Attempt,
  outcome: Exclude<AttemptOutcome, { kind: "unstarted" }>,
  policy: VerdictPolicy,
): Verdict {
  const { receipt } = attempt.message;
  if (outcome.kind === "succeeded") return succeeded(attempt, outcome.outputs, policy);
  if (!outcome.retryable || attempt.attempt >= policy.attempts) return failed(attempt, outcome, policy);
  const delaySeconds = Math.min(
    retryDelay(attempt.attempt, { firstSeconds: policy.retryDelaySeconds }),
    policy.taskQueue.limits.delaySeconds,
  );
  const body = withAttempts(attempt.text, attempt.attempt);
  return {
    kind: "retrying",
    failure: outcome,
    delaySeconds,
    settlement: { receipt, sends: [{ queue: policy.taskQueue, body, delaySeconds }] },
    smaller: (refused) => failed(attempt, unsendable(outcome.error, refused), policy),
  };
}

/** The end of a message that never became an attempt: its text is no task, or names no task type of this daemon. */
export function refusal(
  given: { receipt: string; body: string; batch: string | undefined; phase: Phase; error: AttemptError },
  policy: VerdictPolicy,
): Verdict {
  const { receipt, body: task, batch, phase, error } = given;
  return reported({ receipt, task, batch, failure: { phase, error }, marks: {} }, policy);
}

function succeeded(attempt: Attempt, outputs: readonly string[], policy: VerdictPolicy): Verdict {
  const { receipt } = attempt.message;
  const counts = changeOf(attempt.document.batch, "done");
  const queue = policy.doneQueue;
  if (queue === undefined) return { kind: "succeeded", settlement: { receipt, sends: [], counts } };
  const report = {
    host: policy.host,
    task: attempt.text,
    batch: attempt.document.batch,
    outputs,
    simpletasks: { attempt: attempt.attempt, daemon: policy.daemon, ...timing(attempt) },
  };
  const sending = (body: string): Settlement => ({ receipt, sends: [{ queue, body }], counts });
  return {
    kind: "succeeded",
    settlement: sending(doneReport(report)),
    smaller: () => ({
      kind: "succeeded",
      settlement: sending(shortDoneReport({ ...report, maxBytes: smallBytes(queue) })),
    }),
  };
}

function failed(attempt: Attempt, failure: Failure, policy: VerdictPolicy): Verdict {
  const marks = {
    attempt: attempt.attempt,
    ...(attempt.logTail.length > 0 && { log_tail: attempt.logTail }),
    ...timing(attempt),
  };
  const { message, text: task, document } = attempt;
  return reported({ receipt: message.receipt, task, batch: document.batch, failure, marks }, policy);
}

/** An error report; at first with the whole task. */
function reported(
  given: {
    receipt: string;
    task: string;
    batch: string | undefined;
    failure: Failure;
    marks: Partial<ErrorReportMarks>;
  },
  policy: VerdictPolicy,
): Verdict {
  const { receipt, task, batch, failure, marks } = given;
  const counts = changeOf(batch, "failed");
  const queue = policy.errorQueue;
  const report = {
    host: policy.host,
    task,
    batch,
    exception: failure.error.stack,
    simpletasks: {
      ...marks,
      phase: failure.phase,
      error: described(failure.error),
      daemon: policy.daemon,
    },
  };
  const verdict = (body: string): Verdict => ({
    kind: "failed",
    failure,
    settlement: { receipt, sends: [{ queue, body }], counts },
  });
  return {
    ...verdict(errorReport({ ...report, maxBytes: queue.limits.messageBytes })),
    smaller: () => verdict(errorReport({ ...report, maxBytes: smallBytes(queue), cutTask: true })),
  };
}

function changeOf(batch: string | undefined, change: "done" | "failed"): BatchChange | undefined {
  return batch === undefined ? undefined : { batch, change };
}

/** A task that was to be tried again but does not fit its queue with its attempts counted. */
function unsendable(error: AttemptError, refused: SimpleTasksError): Failure {
  const message = `The task cannot be sent for another attempt: ${refused.message}`;
  const stack = `${message}\nThe attempt failed: ${error.stack}`;
  return { phase: "report", error: { name: refused.name, message, code: refused.code, stack } };
}

/** An engine may allow less than it says; what was cut for its sake is far below that. */
function smallBytes(queue: Queue): number {
  return Math.min(queue.limits.messageBytes, 2 ** 15);
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
