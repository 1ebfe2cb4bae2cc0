import type { AttemptOrder, TaskTypeDescription } from "../runner.ts";
import type { DatasourceCall, DatasourceReply, SentError } from "./datasource-calls.ts";

/*
 * What the daemon and a worker process tell each other. There are two ways:
 *
 * - Node's IPC channel, both ways, an array of messages at a time: this file. It needs an event loop that turns.
 * - Frames within the worker's standard output (`frames.ts`), from the worker only. The worker writes them synchronously,
 *   so they stand in order with what user code prints, arrive while user code blocks the event loop, and outlive a crash.
 */

/** From the daemon to a worker. */
export type WorkerOrder =
  /** The first message. `token` begins the worker's frames. */
  | {
      readonly kind: "load";
      readonly files: readonly string[];
      readonly builtIn: boolean;
      readonly token: string;
    }
  | { readonly kind: "run"; readonly order: AttemptOrder }
  /** Give these back if they have not begun: answered with `recalled`. */
  | { readonly kind: "recall"; readonly recallId: number; readonly attemptIds: readonly number[] }
  /** Fires the attempt's signal. */
  | { readonly kind: "cancel"; readonly attemptId: number; readonly error: SentError }
  | ({ readonly kind: "reply" } & DatasourceReply)
  /** Exit now; nothing is running. */
  | { readonly kind: "end" };

/** From a worker to the daemon. */
export type WorkerReport =
  | { readonly kind: "ready"; readonly types: readonly TaskTypeDescription[] }
  | { readonly kind: "load_failed"; readonly error: SentError }
  /** Those that had begun are not among them. */
  | { readonly kind: "recalled"; readonly recallId: number; readonly attemptIds: readonly number[] }
  | ({ readonly kind: "call" } & DatasourceCall);

/**
 * After an attempt that took longer than this (milliseconds) a worker reads all messages that have reached it before it
 * begins the next one. The daemon relies on it when it takes attempts back from a worker that cannot answer.
 */
export const READS_MESSAGES_AFTER_MS = 50;

/** The orders in one IPC message. They come from the daemon, whose code this is. */
export function parseWorkerOrders(message: unknown): readonly WorkerOrder[] {
  return Array.isArray(message) ? (message as readonly WorkerOrder[]) : [];
}

/** The reports in one IPC message; anything else on the channel comes from user code and is dropped. */
export function parseWorkerReports(message: unknown): readonly WorkerReport[] {
  return Array.isArray(message) ? message.filter(isWorkerReport) : [];
}

function isWorkerReport(value: unknown): value is WorkerReport {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  switch (value.kind) {
    case "ready":
      return "types" in value && Array.isArray(value.types);
    case "load_failed":
      return "error" in value && typeof value.error === "object" && value.error !== null;
    case "recalled":
      return "recallId" in value && "attemptIds" in value && Array.isArray(value.attemptIds);
    case "call":
      return (
        "callId" in value && Number.isSafeInteger(value.callId) && "attemptId" in value && "request" in value
      );
    default:
      return false;
  }
}
