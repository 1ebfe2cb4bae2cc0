import type {
  Datasource,
  DatasourceGetOptions,
  DatasourcePutOptions,
  PutValue,
} from "../../datasource/datasource.ts";
import { SimpleTasksError } from "../../errors.ts";
import type { LogLevel } from "../../logger.ts";
import type { TaskType } from "../../task/define.ts";
import { cutLine } from "../phases/lines.ts";
import { createProgressReports, type ProgressReports } from "../phases/progress.ts";
import { runPhases, type Surroundings } from "../phases/run-phases.ts";
import { attemptError } from "../phases/thrown.ts";
import type { AttemptHooks, AttemptOrder, AttemptOutcome, Phase } from "../runner.ts";
import { PrintedLines, printingTo } from "./capture.ts";

/** One attempt inside the daemon. What few tasks use (signal, progress, staging) is made when they use it. */
export class InProcessAttempt implements Surroundings {
  readonly #hooks: AttemptHooks;
  readonly #lines: PrintedLines;
  #controller: AbortController | undefined;
  #given: SimpleTasksError | undefined;
  #progress: ProgressReports | undefined;

  constructor(hooks: AttemptHooks) {
    this.#hooks = hooks;
    this.#lines = new PrintedLines(hooks);
  }

  /** Never rejects. */
  async run(type: TaskType, order: AttemptOrder): Promise<AttemptOutcome> {
    const timer =
      type.timeout === undefined
        ? undefined
        : setTimeout(() => this.giveUp(tookTooLong(type)), type.timeout * 1000);
    const outcome = await printingTo(this.#lines, () => runPhases(type, order, this));
    clearTimeout(timer);
    this.#lines.finish();
    this.#progress?.finish();
    if (this.#controller !== undefined) this.#hooks.signal.removeEventListener("abort", this);
    return this.#judged(outcome);
  }

  /** Tells the task; nothing makes it end. */
  giveUp(why: SimpleTasksError): void {
    this.#given ??= why;
    this.#controller?.abort(this.#given);
  }

  /** The attempt's signal fired. */
  handleEvent(): void {
    this.giveUp(new SimpleTasksError("attempt_aborted", "The attempt was given up"));
  }

  readonly datasource: Datasource = new LazyDatasource(() => this.#hooks.datasource);

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#given !== undefined) this.#controller.abort(this.#given);
      else if (this.#hooks.signal.aborted) this.handleEvent();
      else this.#hooks.signal.addEventListener("abort", this);
    }
    return this.#controller.signal;
  }

  enter(phase: Phase): void {
    this.#hooks.onPhase?.(phase);
  }

  log(level: LogLevel, message: string): void {
    for (const line of message.split("\n")) this.#hooks.onLog({ stream: "log", level, text: cutLine(line) });
  }

  progress(fraction: number, note: string | undefined): void {
    this.#progress ??= createProgressReports((fraction, note) => this.#hooks.onProgress(fraction, note));
    this.#progress.report(fraction, note);
  }

  #judged(outcome: AttemptOutcome): AttemptOutcome {
    const why = this.#given;
    if (why === undefined || (outcome.kind === "succeeded" && why.code === "attempt_aborted")) return outcome;
    const failed = outcome.kind === "failed" ? outcome : undefined;
    return {
      kind: "failed",
      phase: failed?.phase ?? "execute",
      error: attemptError(
        why.code,
        why.message,
        failed === undefined ? "" : `It ended with: ${failed.error.stack}`,
      ),
      retryable: true,
    };
  }
}

function tookTooLong(type: TaskType): SimpleTasksError {
  return new SimpleTasksError(
    "task_timeout",
    `${type.name} took longer than its timeout of ${type.timeout} s`,
  );
}

/** The attempt's datasource, made with the first call. */
class LazyDatasource implements Datasource {
  readonly #made: () => Datasource;

  constructor(made: () => Datasource) {
    this.#made = made;
  }

  get(key: string, options?: DatasourceGetOptions): Promise<string>;
  get(keys: readonly string[], options?: DatasourceGetOptions): Promise<string[]>;
  get(key: string & readonly string[], options?: DatasourceGetOptions): Promise<string | string[]> {
    return this.#made().get(key, options);
  }

  put(key: string, value: PutValue, options?: DatasourcePutOptions): Promise<void>;
  put(values: Readonly<Record<string, PutValue>>, options?: DatasourcePutOptions): Promise<void>;
  put(
    first: string | Readonly<Record<string, PutValue>>,
    second?: PutValue | DatasourcePutOptions,
    third?: DatasourcePutOptions,
  ): Promise<void> {
    return typeof first === "string"
      ? this.#made().put(first, second as PutValue, third)
      : this.#made().put(first, second as DatasourcePutOptions | undefined);
  }

  delete(
    key: string | readonly string[],
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<void> {
    return this.#made().delete(key, options);
  }
}
