import { type ErrorCode, SimpleTasksError } from "../../errors.ts";
import { areTexts, isObject } from "./shapes.ts";

/** One call of user code's datasource, on its way to the daemon. */
export interface DatasourceCall {
  readonly callId: number;
  readonly attemptId: number;
  readonly request: DatasourceRequest;
}

export type DatasourceRequest =
  | {
      readonly method: "get";
      readonly keys: readonly string[];
      readonly overrideCache: boolean;
      readonly onlyCache: boolean;
    }
  | {
      readonly method: "put";
      readonly values: readonly (readonly [key: string, value: SentValue])[];
      readonly onlyCache: boolean;
    }
  | { readonly method: "delete"; readonly keys: readonly string[] }
  /** Asks for paths at which the worker may write values that are then put as `{staged}`. */
  | { readonly method: "stage"; readonly count: number }
  /** User code's own signal fired: the answer to `of` is no longer waited for. */
  | { readonly method: "abandon"; readonly of: number };

/** A value to put: a text, or bytes in base64. A file is named by its absolute path; `staged` is a path that a `stage` gave. */
export type SentValue =
  | string
  | { readonly base64: string }
  | { readonly file: string }
  | { readonly staged: string };

/** Most paths that one `stage` asks for. */
export const MOST_STAGED = 1000;

/** Values of more bytes than this do not go through the output: the worker writes them to a staged file. */
export const LARGEST_SENT_VALUE = 64 * 1024;

/** `paths`: of a `get` and a `stage`, in the order asked; empty for the others. */
export type DatasourceReply =
  | { readonly callId: number; readonly paths: readonly string[] }
  | { readonly callId: number; readonly error: SentError };

/** A {@link SimpleTasksError} on its way. */
export interface SentError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly about: SimpleTasksError["about"];
}

export function sendError(error: SimpleTasksError): SentError {
  const { code, message, hint, retryable, about } = error;
  return { code, message, hint, retryable, about };
}

export function receiveError({ code, message, hint, retryable, about }: SentError): SimpleTasksError {
  return new SimpleTasksError(code, message, { ...(hint !== undefined && { hint }), retryable, about });
}

/**
 * Reads a request: it comes from a process in which user code runs.
 * @throws `internal` when it is none.
 */
export function parseDatasourceRequest(value: unknown): DatasourceRequest {
  if (typeof value === "object" && value !== null && "method" in value) {
    const request = value as Record<string, unknown> & { method: unknown };
    switch (request.method) {
      case "get":
        if (!areTexts(request["keys"])) break;
        return {
          method: "get",
          keys: request["keys"],
          overrideCache: request["overrideCache"] === true,
          onlyCache: request["onlyCache"] === true,
        };
      case "put":
        if (!areValues(request["values"])) break;
        return { method: "put", values: request["values"], onlyCache: request["onlyCache"] === true };
      case "delete":
        if (!areTexts(request["keys"])) break;
        return { method: "delete", keys: request["keys"] };
      case "stage":
        if (!isStageCount(request["count"])) break;
        return { method: "stage", count: request["count"] };
      case "abandon":
        if (!Number.isSafeInteger(request["of"])) break;
        return { method: "abandon", of: Number(request["of"]) };
    }
  }
  throw new SimpleTasksError("internal", "A worker sent a datasource call that is none");
}

function isStageCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= MOST_STAGED;
}

function areValues(value: unknown): value is readonly (readonly [string, SentValue])[] {
  return (
    Array.isArray(value) &&
    value.every(
      (pair: unknown) =>
        Array.isArray(pair) && pair.length === 2 && typeof pair[0] === "string" && isSentValue(pair[1]),
    )
  );
}

/** A text, or an object with one of the three and nothing of the others. */
function isSentValue(value: unknown): value is SentValue {
  if (typeof value === "string") return true;
  if (!isObject(value)) return false;
  const given = ["base64", "file", "staged"].map((name) => value[name]).filter((one) => one !== undefined);
  return given.length === 1 && typeof given[0] === "string";
}
