import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Datasource } from "../datasource/datasource.ts";
import type { JsonValue } from "./json.ts";

/** A task as the code of its type sees it. `Payload` is what the type's schema made of `payload_info`. */
export interface Task<Payload = JsonValue> {
  /** A number, a bigint beyond ±2^53, or the string that the message carried; -1 when it had none. */
  readonly id: number | bigint | string;
  readonly name: string;
  readonly baseDirectory: string;
  /** Names relative to `baseDirectory`, as they stand in the message. */
  readonly inputs: readonly string[];
  readonly payload: Payload;
  /** 1 for the first attempt. */
  readonly attempt: number;
}

/** One input, fetched before `prepare` unless the type sets `fetch: false`. */
export interface Input {
  /** As it stands in the task. */
  readonly name: string;
  /** `baseDirectory/name`. */
  readonly key: string;
  /** A file of this attempt's own. */
  readonly path: string;
  readonly bytes: number;
}

export interface TaskContext<Payload = JsonValue> {
  readonly task: Task<Payload>;
  readonly datasource: Datasource;
  /** In the order of `task.inputs`; empty with `fetch: false`. */
  readonly inputs: readonly Input[];
  /** A directory of this attempt's own, made when first asked for and removed afterwards. */
  readonly scratch: string;
  readonly log: TaskLog;
  /** Tells watchers how far it is: 0 … 1, and a few words. */
  progress(fraction: number, note?: string): void;
  /** Fires when the attempt is given up: lease lost, timeout, shutdown, cancellation. */
  readonly signal: AbortSignal;
}

/** Lines in the daemon's log, under this task's id. */
export interface TaskLog {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/**
 * Text, bytes or a file to store under `baseDirectory/<name>`, or the key of something already put with the datasource.
 */
export type Output = string | Uint8Array | { readonly file: string } | { readonly key: string };

export interface TaskResult {
  /** False is a failure: retried, then reported to the error queue. */
  readonly success: boolean;
  readonly outputs?: Readonly<Record<string, Output>>;
  /** Why, when `success` is false. */
  readonly message?: string;
}

/** `execute` may return nothing: that is success without outputs. */
export type ExecuteResult = TaskResult | void;

/** What an author hands to `defineTask`. All three phases have defaults. */
export interface TaskDefinition<
  Schema extends StandardSchemaV1 | undefined,
  Prepared,
  Result extends ExecuteResult,
> {
  /** The name that messages carry; not blank. */
  readonly name: string;
  /** Any Standard Schema (zod, valibot, arktype); it may transform. Without one any JSON is taken. */
  readonly payload?: Schema;
  /** Before `execute`; what it returns is `context.prepared` there. */
  prepare?(
    task: Task<PayloadOf<Schema>>,
    datasource: Datasource,
    context: TaskContext<PayloadOf<Schema>>,
  ): Prepared | Promise<Prepared>;
  execute?(
    task: Task<PayloadOf<Schema>>,
    datasource: Datasource,
    context: TaskContext<PayloadOf<Schema>> & { readonly prepared: Awaited<Prepared> },
  ): Result | Promise<Result>;
  /**
   * Runs also when `success` is false: for what must be put, checked or cleaned up at the end. The outputs that `execute`
   * returned are stored whether or not it is given; that storing is all the default does.
   */
  finalize?(
    task: Task<PayloadOf<Schema>>,
    datasource: Datasource,
    result: TaskResult,
    context: TaskContext<PayloadOf<Schema>> & { readonly prepared: Awaited<Prepared> },
  ): void | Promise<void>;

  /** Most tasks of this type at once in one daemon; 1 or more. Default: as many as there are workers. */
  readonly concurrency?: number;
  /** Seconds from the start of `prepare` to the end of `finalize`, above 0. Default: none. */
  readonly timeout?: number;
  /** Most resident memory of the worker while the task runs, in bytes. Default: none. */
  readonly memory?: number;
  /** Whether the daemon fetches the inputs before `prepare`. Default true. */
  readonly fetch?: boolean;
  /** Names of environment variables that this type's code may see beside the usual few. Default none. */
  readonly environment?: readonly string[];
}

/** The payload type that a schema gives; any JSON without one. */
export type PayloadOf<Schema> = Schema extends StandardSchemaV1
  ? StandardSchemaV1.InferOutput<Schema>
  : JsonValue;
