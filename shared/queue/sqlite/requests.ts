import type { ErrorCode } from "../../errors.ts";
import { SimpleTasksError } from "../../errors.ts";
import type { BatchTally } from "../batch-totals.ts";
import type { BatchChange, BatchCounts, PeekedMessage, QueueStats } from "../queue.ts";
import type { Expired } from "./expire.ts";
import type { TakenByIds } from "./lease-ids.ts";
import type { Purged } from "./purge.ts";
import type { Closed, Extended } from "./queue-table.ts";
import type { Leases } from "./runs.ts";
import type { Taken } from "./taken.ts";

/** What the main thread asks of a file's thread. Queues are named; columns instead of objects keep the copy cheap. */
export type Request = ReadRequest | ReceiveRequest | WriteRequest;

/** Answered from a snapshot, without the write lock. */
export type ReadRequest =
  | { readonly kind: "stats"; readonly queue: string }
  | { readonly kind: "peek"; readonly queue: string; readonly max: number; readonly after: number }
  | { readonly kind: "batches"; readonly queue: string };

export type WriteRequest =
  | SendRequest
  | {
      readonly kind: "extend";
      readonly queue: string;
      readonly leases: Leases;
      readonly leaseSeconds: number;
    }
  | ReleaseRequest
  | { readonly kind: "delete"; readonly queue: string; readonly leases: Leases }
  | SettleRequest
  | LeaseRequest
  | { readonly kind: "count"; readonly queue: string; readonly tallies: readonly BatchTally[] }
  | ExpireRequest
  | PurgeRequest
  | { readonly kind: "releaseAll"; readonly queue: string };

export interface SendRequest {
  readonly kind: "send";
  readonly queue: string;
  readonly bodies: readonly string[];
  /** Seconds, one per body; absent when all are 0. */
  readonly delays?: readonly number[];
  readonly tallies: readonly BatchTally[];
}

export interface ReceiveRequest {
  readonly kind: "receive";
  readonly queue: string;
  readonly max: number;
  readonly waitSeconds: number;
  readonly leaseSeconds: number;
}

export interface ReleaseRequest {
  readonly kind: "release";
  readonly queue: string;
  readonly leases: Leases;
  readonly delays: readonly number[];
  readonly unstarted: readonly boolean[];
}

export interface LeaseRequest {
  readonly kind: "lease";
  readonly queue: string;
  readonly ids: readonly number[];
  readonly leaseSeconds: number;
}

/** One step; see `expireStep`. */
export interface ExpireRequest {
  readonly kind: "expire";
  readonly queue: string;
  readonly before: number;
  readonly after: number;
}

/** One step; see `purgeStep`. */
export interface PurgeRequest {
  readonly kind: "purge";
  readonly queue: string;
  readonly end?: number;
}

/** Closes leases of `queue`, and sends what belongs to those that were still held. */
export interface SettleRequest {
  readonly kind: "settle";
  readonly queue: string;
  readonly leases: Leases;
  readonly sends: readonly SettleSends[];
  readonly counts: readonly SettleCounts[];
}

/** Messages to one queue; `places[i]` is the lease that `bodies[i]` belongs to. */
export interface SettleSends {
  readonly queue: string;
  readonly places: readonly number[];
  readonly bodies: readonly string[];
  readonly delays: readonly number[];
}

/** What one queue counts: each change once for each of the leases at `places` that is still held. */
export interface SettleCounts {
  readonly queue: string;
  readonly changes: readonly (BatchChange & { readonly places: readonly number[] })[];
}

export interface Answers {
  readonly send: { readonly firstId: number };
  readonly receive: Taken;
  readonly extend: Extended;
  readonly release: Closed;
  readonly delete: Closed;
  readonly settle: Closed;
  readonly lease: TakenByIds;
  readonly count: undefined;
  readonly expire: Expired;
  readonly purge: Purged;
  readonly releaseAll: number;
  readonly stats: QueueStats;
  readonly peek: readonly PeekedMessage[];
  readonly batches: readonly BatchCounts[];
}

export type Answer = Answers[keyof Answers];
export type AnswerTo<Asked extends Request> = Answers[Asked["kind"]];

/** Asks the file's thread on behalf of one queue. */
export type Ask = <Asked extends Request>(request: Asked, signal?: AbortSignal) => Promise<AnswerTo<Asked>>;

/** To the thread. A cancelled request that was not carried out yet is answered with `aborted`; any other as usual. */
export type ToThread =
  | { readonly id: number; readonly request: Request; readonly busySeconds: number }
  | { readonly cancel: number }
  | { readonly close: true };

/** From the thread: it is open, or could not be opened; then answers, together for each round. */
export type FromThread =
  | { readonly opened: true }
  | { readonly failed: ErrorText }
  | { readonly replies: readonly Reply[] };

export type Reply =
  | { readonly id: number; readonly answer: Answer }
  | { readonly id: number; readonly error: ErrorText };

/** A SimpleTasksError that can be copied to another thread. */
export interface ErrorText {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly about: Readonly<Record<string, string | number>>;
  readonly cause: string | undefined;
}

export function toErrorText(error: SimpleTasksError): ErrorText {
  const { code, message, hint, retryable, about, cause } = error;
  return {
    code,
    message,
    hint,
    retryable,
    about,
    cause: cause instanceof Error ? (cause.stack ?? cause.message) : undefined,
  };
}

export function fromErrorText({ code, message, hint, retryable, about, cause }: ErrorText): SimpleTasksError {
  return new SimpleTasksError(code, message, {
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause: new Error(cause) }),
    retryable,
    about,
  });
}
