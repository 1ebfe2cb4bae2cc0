import type { PayloadProblem } from "../../task/payload-schema.ts";
import type { TaskFault, TaskToCheck } from "../../task/task-check.ts";
import type { AttemptOrder, TaskTypeDescription } from "../runner.ts";
import type { DatasourceCall, DatasourceReply, SentError } from "./datasource-calls.ts";
import { areTexts, isAbsentOr, isAttemptId, isObject } from "./shapes.ts";

/*
 * What the daemon and a worker process tell each other. There are two ways, one for each direction:
 *
 * - A pipe of its own carries orders to the worker, each a line of JSON. It needs an event loop that turns. What a worker
 *   writes into it is dropped unread, and its end tells a worker that the daemon is gone.
 * - Frames within the worker's standard output (`frames.ts`) come back. The worker writes them synchronously, so they stand
 *   in order with what user code prints, arrive while user code blocks the event loop, and outlive a crash.
 *
 * Node's own IPC channel is not used: what user code writes into it is read by Node, which throws where nobody can catch it.
 */

/** The worker's descriptor of the pipe that brings its orders. */
export const ORDERS_DESCRIPTOR = 3;

/** From the daemon to a worker. */
export type WorkerOrder =
  /** The first message. `token` begins the worker's frames. */
  | {
      readonly kind: "load";
      readonly files: readonly string[];
      readonly builtIn: boolean;
      /** Whether files that cannot be loaded are left out; else the first of them ends the loading with `load_failed`. */
      readonly partial: boolean;
      readonly token: string;
    }
  /** Are these payloads what their types take? Answered with `checked`. Nothing else runs meanwhile. */
  | { readonly kind: "check"; readonly tasks: readonly TaskToCheck[] }
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
  | {
      readonly kind: "ready";
      readonly types: readonly TaskTypeDescription[];
      /** The files that were left out. */
      readonly failures: readonly LoadFailure[];
    }
  /** While files load and payloads are checked: code of this task file runs from now on. */
  | { readonly kind: "entered"; readonly file: string }
  /** The tasks of a `check` that are not fine, each with its place among those sent. */
  | { readonly kind: "checked"; readonly faults: readonly (readonly [place: number, TaskFault])[] }
  | { readonly kind: "load_failed"; readonly error: SentError }
  /** Those that had begun are not among them. */
  | { readonly kind: "recalled"; readonly recallId: number; readonly attemptIds: readonly number[] }
  | ({ readonly kind: "call" } & DatasourceCall);

/** A task file that was left out. */
export interface LoadFailure {
  readonly file: string;
  readonly error: SentError;
}

/**
 * After an attempt that took longer than this (milliseconds) a worker reads all messages that have reached it before it
 * begins the next one. The daemon relies on it when it takes attempts back from a worker that cannot answer.
 */
export const READS_MESSAGES_AFTER_MS = 50;

/** Lines of JSON, one for each order. */
export function encodeOrders(orders: readonly WorkerOrder[]): string {
  let lines = "";
  for (const order of orders) lines += `${JSON.stringify(order)}\n`;
  return lines;
}

/** An order comes from the daemon, whose code this is. @throws SyntaxError when user code has written to the pipe */
export function decodeOrder(line: string): WorkerOrder {
  return JSON.parse(line) as WorkerOrder;
}

/** What a worker reports was made in a process in which user code runs: it is looked at before it is believed. */
export function isWorkerReport(value: unknown): value is WorkerReport {
  if (!isObject(value)) return false;
  switch (value["kind"]) {
    case "ready":
      return (
        Array.isArray(value["types"]) &&
        value["types"].every(isTypeDescription) &&
        Array.isArray(value["failures"]) &&
        value["failures"].every(isLoadFailure)
      );
    case "entered":
      return typeof value["file"] === "string";
    case "checked":
      return Array.isArray(value["faults"]) && value["faults"].every(isPlacedFault);
    case "load_failed":
      return isSentError(value["error"]);
    case "recalled":
      return (
        Number.isSafeInteger(value["recallId"]) &&
        Array.isArray(value["attemptIds"]) &&
        value["attemptIds"].every(isAttemptId)
      );
    case "call":
      // The request is looked at by what answers it: the caller is to hear what is wrong with it.
      return Number.isSafeInteger(value["callId"]) && isAttemptId(value["attemptId"]) && "request" in value;
    default:
      return false;
  }
}

function isTypeDescription(value: unknown): value is TaskTypeDescription {
  return (
    isObject(value) &&
    typeof value["name"] === "string" &&
    isAbsentOr(value["file"], "string") &&
    isAbsentOr(value["concurrency"], "number") &&
    isAbsentOr(value["timeout"], "number") &&
    isAbsentOr(value["memory"], "number") &&
    typeof value["fetch"] === "boolean" &&
    typeof value["readsOnly"] === "boolean" &&
    typeof value["checksPayload"] === "boolean" &&
    areTexts(value["environment"])
  );
}

function isLoadFailure(value: unknown): value is LoadFailure {
  return isObject(value) && typeof value["file"] === "string" && isSentError(value["error"]);
}

function isPlacedFault(value: unknown): value is readonly [number, TaskFault] {
  if (!Array.isArray(value)) return false;
  const [place, fault]: readonly unknown[] = value;
  if (!Number.isSafeInteger(place) || !isObject(fault)) return false;
  if (fault["kind"] === "unknown_type") return true;
  return (
    fault["kind"] === "invalid" && Array.isArray(fault["problems"]) && fault["problems"].every(isProblem)
  );
}

function isProblem(value: unknown): value is PayloadProblem {
  return (
    isObject(value) &&
    typeof value["message"] === "string" &&
    Array.isArray(value["path"]) &&
    value["path"].every((step) => typeof step === "string" || typeof step === "number")
  );
}

function isSentError(value: unknown): value is SentError {
  return (
    isObject(value) &&
    typeof value["code"] === "string" &&
    typeof value["message"] === "string" &&
    isAbsentOr(value["hint"], "string") &&
    typeof value["retryable"] === "boolean" &&
    isObject(value["about"])
  );
}
