import { createProgressReports, type ProgressReports } from "../../shared/daemon/phases/progress.ts";
import type { Surroundings } from "../../shared/daemon/phases/run-phases.ts";
import { describeThrown } from "../../shared/daemon/phases/thrown.ts";
import type { AttemptOrder, AttemptOutcome, Phase } from "../../shared/daemon/runner.ts";
import type { LogLevel } from "../../shared/logger.ts";
import { type DatasourceCalls, WorkerDatasource } from "./datasource.ts";
import type { WorkerOutput } from "./output.ts";

/** Least time between two reports of the worker's memory, in milliseconds. */
const MEMORY_INTERVAL_MS = 1000;
let memoryToldAt = -Infinity;

/** The attempt that runs in this worker: what it uses of its surroundings, and its beginning and end in the output. */
export class RunningAttempt implements Surroundings {
  readonly order: AttemptOrder;
  readonly datasource: WorkerDatasource;
  readonly startedAt = performance.now();
  readonly #output: WorkerOutput;
  #phase: Phase = "validate";
  #begun = false;
  #ended = false;
  #controller: AbortController | undefined;
  #progress: ProgressReports | undefined;

  constructor(order: AttemptOrder, output: WorkerOutput, calls: DatasourceCalls) {
    this.order = order;
    this.datasource = new WorkerDatasource(order.attemptId, calls);
    this.#output = output;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  cancel(reason: unknown): void {
    this.#controller ??= new AbortController();
    this.#controller.abort(reason);
  }

  enter(phase: Phase): void {
    this.#phase = phase;
    if (this.#begun) this.#output.phase(phase);
    else this.#begin();
  }

  log(level: LogLevel, message: string): void {
    this.#output.log(level, message);
  }

  progress(fraction: number, note: string | undefined): void {
    this.#progress ??= createProgressReports((fraction, note) => {
      if (!this.#ended) this.#output.progress(fraction, note);
    });
    this.#progress.report(fraction, note);
  }

  /** @param followed as for `WorkerOutput.end` */
  end(outcome: AttemptOutcome, followed: boolean): void {
    this.#finish(outcome, followed, false);
  }

  /** Something was thrown outside of its promises, or it called `process.exit`: the worker ends with it. */
  endByFault(thrown: unknown): void {
    const error = describeThrown(thrown, "task_failed");
    this.#finish(
      { kind: "failed", phase: this.#phase, error, retryable: this.#phase !== "validate" },
      false,
      true,
    );
  }

  #begin(): void {
    this.#begun = true;
    this.#output.begin(this.order.attemptId, this.#phase);
  }

  #finish(outcome: AttemptOutcome, followed: boolean, fatal: boolean): void {
    if (this.#ended) return;
    if (!this.#begun) this.#begin();
    this.#progress?.finish();
    this.#ended = true;
    const now = performance.now();
    const tellMemory = now - memoryToldAt > MEMORY_INTERVAL_MS;
    if (tellMemory) memoryToldAt = now;
    this.#output.end(
      {
        attemptId: this.order.attemptId,
        outcome,
        milliseconds: now - this.startedAt,
        ...(tellMemory && { residentBytes: process.memoryUsage.rss() }),
        ...(fatal && { fatal }),
      },
      followed,
    );
  }
}
