import { SimpleTasksError } from "../../errors.ts";
import { attemptError } from "../phases/thrown.ts";
import type { AttemptHooks, AttemptLogLine, AttemptOrder, AttemptOutcome, Phase } from "../runner.ts";
import { sendError } from "./datasource-calls.ts";
import type { AttemptEnd } from "./shapes.ts";
import { type DatasourceService, serveDatasource } from "./serve-datasource.ts";
import { describeExit, type WorkerExit } from "./spawn-worker.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** What the attempt asks of its pool. */
export interface AttemptPlace {
  /** Its signal fired before it began: it is to come back as unstarted. */
  withdraw(attempt: PooledAttempt): void;
}

/**
 * One attempt in the daemon's hands: *waiting* for a worker, *sent* to one, *running* there, *over*. It leaves `sent` for
 * `waiting` when its worker gives it back or dies.
 *
 * Tens of thousands a second are made of these, so timers, listeners and services exist only where they are needed;
 * the object itself listens to its signal.
 */
export class PooledAttempt {
  state: "waiting" | "sent" | "running" | "over" = "waiting";
  /** Whether it is to come back unstarted. */
  withdrawn = false;
  readonly order: AttemptOrder;
  readonly outcome: Promise<AttemptOutcome>;
  readonly #hooks: AttemptHooks;
  readonly #signal: AbortSignal;
  readonly #place: AttemptPlace;
  readonly #resolve: (outcome: AttemptOutcome) => void;
  #worker: WorkerProcess | undefined;
  #phase: Phase = "validate";
  #timer: NodeJS.Timeout | undefined;
  /** Why it is given up. */
  #given: SimpleTasksError | undefined;
  #graceSeconds = 0;
  #service: DatasourceService | undefined;

  constructor(order: AttemptOrder, hooks: AttemptHooks, place: AttemptPlace) {
    const { promise, resolve } = Promise.withResolvers<AttemptOutcome>();
    this.order = order;
    this.outcome = promise;
    this.#hooks = hooks;
    this.#signal = hooks.signal;
    this.#place = place;
    this.#resolve = resolve;
    this.#signal.addEventListener("abort", this);
  }

  /** The signal fired. */
  handleEvent(): void {
    if (this.state === "running") this.giveUp(abortedBy(this.#signal));
    else if (this.state !== "over") {
      this.withdrawn = true;
      this.#place.withdraw(this);
    }
  }

  sentTo(worker: WorkerProcess): void {
    this.state = "sent";
    this.#worker = worker;
    const { attemptId, name, text, attempt, inputs, scratch } = this.order;
    worker.post({ kind: "run", order: { attemptId, name, text, attempt, inputs, scratch } });
  }

  cameBack(): void {
    this.state = "waiting";
    this.#worker = undefined;
  }

  /**
   * @param timeoutSeconds how long it may take; undefined: as long as it does
   * @param graceSeconds how long it may go on after it was given up
   */
  began(phase: Phase, timeoutSeconds: number | undefined, graceSeconds: number): void {
    this.state = "running";
    this.#phase = phase;
    this.#graceSeconds = graceSeconds;
    this.#hooks.onStart();
    this.#hooks.onPhase?.(phase);
    if (timeoutSeconds !== undefined) {
      this.#timer = setTimeout(
        () => this.giveUp(tookTooLong(this.order.name, timeoutSeconds)),
        timeoutSeconds * 1000,
      );
    }
    if (this.withdrawn) this.giveUp(abortedBy(this.#signal));
  }

  inPhase(phase: Phase): void {
    this.#phase = phase;
    this.#hooks.onPhase?.(phase);
  }

  /** Tells user code, and kills the worker when the attempt has not ended after the grace. */
  giveUp(why: SimpleTasksError): void {
    if (this.state !== "running" || this.#given !== undefined) return;
    this.#given = why;
    clearTimeout(this.#timer);
    this.#worker?.post({ kind: "cancel", attemptId: this.order.attemptId, error: sendError(why) });
    this.#worker?.flush();
    this.#timer = setTimeout(() => this.#kill(), this.#graceSeconds * 1000);
  }

  /** Kills the worker at once: the attempt fails with `why`. */
  killFor(why: SimpleTasksError): void {
    if (this.state !== "running" || this.#given !== undefined) return;
    this.#given = why;
    this.#kill();
  }

  /** Its end may be on the way already, and another attempt running. */
  #kill(): void {
    if (this.#worker?.running?.attemptId === this.order.attemptId) this.#worker.kill();
  }

  line(line: AttemptLogLine): void {
    this.#hooks.onLog(line);
  }

  progress(fraction: number, note: string | undefined): void {
    this.#hooks.onProgress(fraction, note);
  }

  async call(callId: number, request: unknown): Promise<void> {
    const worker = this.#worker;
    this.#service ??= serveDatasource(() => this.#hooks.datasource, this.#signal);
    const reply = await this.#service.answer(callId, request);
    if (reply === undefined || worker === undefined) return;
    worker.post({ kind: "reply", ...reply });
    worker.flush();
  }

  ended({ outcome }: AttemptEnd): void {
    const given = this.#given;
    if (given === undefined || (outcome.kind === "succeeded" && given.code === "attempt_aborted"))
      this.finish(outcome);
    else {
      const phase = outcome.kind === "failed" ? outcome.phase : this.#phase;
      this.finish(
        failure(phase, given, outcome.kind === "failed" ? `It ended with: ${outcome.error.stack}` : ""),
      );
    }
  }

  /** The worker ended in the middle of it. */
  died(exit: WorkerExit): void {
    this.finish(failure(this.#phase, this.#given ?? deathOf(exit, this.#phase)));
  }

  finish(outcome: AttemptOutcome): void {
    if (this.state === "over") return;
    this.state = "over";
    clearTimeout(this.#timer);
    this.#signal.removeEventListener("abort", this);
    this.#resolve(outcome);
  }
}

function failure(phase: Phase, error: SimpleTasksError, details = ""): AttemptOutcome {
  return { kind: "failed", phase, error: attemptError(error.code, error.message, details), retryable: true };
}

function abortedBy(signal: AbortSignal): SimpleTasksError {
  const reason: unknown = signal.reason;
  const why = reason instanceof SimpleTasksError ? `: ${reason.message}` : "";
  return new SimpleTasksError("attempt_aborted", `The attempt was given up${why}`);
}

function tookTooLong(name: string, seconds: number): SimpleTasksError {
  return new SimpleTasksError("task_timeout", `${name} took longer than its timeout of ${seconds} s`);
}

function deathOf(exit: WorkerExit, phase: Phase): SimpleTasksError {
  return new SimpleTasksError("worker_died", `The worker process ${describeExit(exit)} during ${phase}`);
}
