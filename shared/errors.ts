/**
 * What can go wrong, as values. Code compares `code`, never message texts; a person reads the message
 * (what failed, on which queue, key or task) and the `hint` (what to do about it).
 */
export type ErrorCode =
  // Tasks and their documents
  | "task_unparsable" // the text is not a task document
  | "task_type_unknown" // no task type of that name is registered
  | "task_type_invalid" // a task file cannot be loaded or registers something wrong
  | "payload_invalid" // the payload fails the task type's schema
  | "task_failed" // user code threw, or returned `success: false`
  | "task_timeout" // longer than the task type's `timeout`
  | "task_memory" // more resident memory than the task type's `memory`
  | "worker_died" // the worker process ended in the middle of the task
  | "deliveries_exceeded" // the message was delivered again and again without an end: it may kill its daemon
  | "attempt_aborted" // given up from outside: lease lost, shutdown, cancellation
  // Queues
  | "queue_missing"
  | "queue_damaged" // the queue file is not a usable database; it is left as it is
  | "queue_busy" // somebody else holds the queue file locked
  | "lease_lost" // the receipt no longer names a current lease
  | "message_too_large"
  | "message_invalid" // the engine cannot carry this text
  | "delay_invalid"
  // Buckets, cache, datasource
  | "object_missing"
  | "object_exists" // a put that must only create found an object
  | "object_changed" // the object is no longer the one that was asked for (ETag, generation)
  | "range_invalid"
  | "key_invalid" // a key that leaves its place or that no engine can hold
  | "key_unsupported" // a legal key that this engine cannot hold beside the others
  | "transfer_corrupt" // bytes that arrived differ from the bytes that were sent
  | "storage_full"
  | "cache_refused" // a cache directory that cannot be used safely
  // Everything
  | "scheme_unknown" // no driver for this URL
  | "url_invalid"
  | "config_invalid"
  | "usage" // wrong words on the command line
  | "not_supported" // this engine cannot do that
  | "aborted" // the caller's AbortSignal
  | "closed" // used after it was closed
  | "io" // the operating system or an engine failed
  | "internal";

export interface ErrorDetails {
  /** What a person can do about it: one sentence, shown on its own line. */
  readonly hint?: string;
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** Whether the same call may succeed later without anything being changed. Default false. */
  readonly retryable?: boolean;
  /** The queue, bucket, key, file or task that it is about, for logs: `{queue: "sqlite:…", key: "a/b"}`. */
  readonly about?: Readonly<Record<string, string | number>>;
}

/** The one error class. Everything that `shared/` and `daemon/` throw on purpose is one of these. */
export class SimpleTasksError extends Error {
  override readonly name = "SimpleTasksError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly about: Readonly<Record<string, string | number>>;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.retryable = details.retryable ?? false;
    this.about = details.about ?? {};
    hide(this, "name");
    if (this.hint === undefined) hide(this, "hint");
    if (!this.retryable) hide(this, "retryable");
    if (Object.keys(this.about).length === 0) hide(this, "about");
  }
}

/** What says nothing is left out where an error is printed with its properties, as by Node's test runner. */
function hide(error: SimpleTasksError, property: keyof SimpleTasksError): void {
  Object.defineProperty(error, property, { enumerable: false });
}

/** True when `error` is a {@link SimpleTasksError}, of `code` if one is given. */
export function isSimpleTasksError(error: unknown, code?: ErrorCode): error is SimpleTasksError {
  return error instanceof SimpleTasksError && (code === undefined || error.code === code);
}

/** Anything thrown, as a {@link SimpleTasksError}: itself, or wrapped under `code` with the original as cause. */
export function asSimpleTasksError(error: unknown, code: ErrorCode, message?: string): SimpleTasksError {
  if (error instanceof SimpleTasksError) return error;
  return new SimpleTasksError(code, message ?? messageOf(error), { cause: error });
}

/** The message of anything that was thrown; JavaScript lets people throw strings and objects. */
export function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return "something was thrown that cannot be shown as text";
  }
}
