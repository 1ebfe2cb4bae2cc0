import type { StagedDatasource } from "../datasource/staged.ts";
import type { LogLevel } from "../logger.ts";
import type { TaskDocument } from "../task/document.ts";
import type { Input } from "../task/task-type.ts";

/**
 * Runs attempts: in worker processes, or in this process for trusted types. The daemon leases, fetches, uploads and
 * reports; a runner does what lies between: it calls `prepare`, `execute` and `finalize`.
 */
export interface Runner extends AsyncDisposable {
  /** Loads the task types; resolves to what each says of itself. Throws `task_type_invalid` with the file and the reason. */
  start(): Promise<readonly TaskTypeDescription[]>;
  /** How many attempts run at once. */
  readonly slots: number;
  /** How many attempts it takes beyond `slots`, to have them at hand when a slot frees. */
  readonly ahead: number;
  /**
   * Runs one attempt to its end. Never rejects. When `hooks.signal` fires, an attempt that has not started comes back
   * as `unstarted`; one that has is told, and, in a worker process that does not end it within a grace period, killed.
   */
  run(order: AttemptOrder, hooks: AttemptHooks): Promise<AttemptOutcome>;
}

/** What a task type says of itself; the functions stay where the code runs. */
export interface TaskTypeDescription {
  readonly name: string;
  /** The task file, absent for built-in types. */
  readonly file?: string;
  readonly concurrency?: number;
  readonly timeout?: number;
  readonly memory?: number;
  readonly fetch: boolean;
  /** Whether it only reads its inputs, so that it may be handed cache entries themselves. Only built-in types say so. */
  readonly readsOnly: boolean;
  readonly environment: readonly string[];
  /** Whether a schema looks at the payload; without one anything goes. */
  readonly checksPayload: boolean;
  /** JSON Schema of the payload, where one can be told. */
  readonly payloadSchema?: unknown;
}

export interface AttemptOrder {
  /** Unique among the attempts of this daemon. */
  readonly attemptId: number;
  /** The task type's name, found registered. */
  readonly name: string;
  /** The message's text, a well-formed task document. */
  readonly text: string;
  /** The same, read; absent beyond a process boundary, where it is read again. */
  readonly document?: TaskDocument;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly inputs: readonly Input[];
  /** Where the attempt's scratch directory is to be made, if it asks for one: then this is read. */
  readonly scratch: string;
}

export interface AttemptHooks {
  /** Serves the attempt's datasource calls. */
  readonly datasource: StagedDatasource;
  readonly signal: AbortSignal;
  /** Whether `signal` has fired, without making one. */
  readonly aborted: boolean;
  /** The attempt has begun; its clock runs. */
  onStart(): void;
  /** User code of this phase runs from now on; phases without user code are not told. */
  onPhase?(phase: Phase): void;
  /** One line of the task's log, or of its standard output or error. Comes in order, and before the outcome. */
  onLog(line: AttemptLogLine): void;
  onProgress(fraction: number, note: string | undefined): void;
}

export interface AttemptLogLine {
  readonly stream: "log" | "stdout" | "stderr";
  readonly level: LogLevel;
  readonly text: string;
}

export type Phase = "validate" | "fetch" | "prepare" | "execute" | "finalize" | "upload" | "report";

/** `scratchMade: false` says that the attempt never made its scratch directory; absent: it may have. */
export type AttemptOutcome =
  /** `outputs`: the keys, in the order of the result's names. What must be uploaded is staged in `hooks.datasource`. */
  | { readonly kind: "succeeded"; readonly outputs: readonly string[]; readonly scratchMade?: boolean }
  | {
      readonly kind: "failed";
      readonly scratchMade?: boolean;
      readonly phase: Phase;
      readonly error: AttemptError;
      /** False where running it again cannot help: the payload fails its schema. */
      readonly retryable: boolean;
    }
  /** It did not begin: the worker died or the signal fired before its turn. */
  | { readonly kind: "unstarted" };

/** An error from the other side of a process boundary. */
export interface AttemptError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  /** Message and stack, causes included, as the error report shows them. */
  readonly stack: string;
}
