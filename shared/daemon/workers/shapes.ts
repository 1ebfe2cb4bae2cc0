import type { LogLevel } from "../../logger.ts";
import type { AttemptError, AttemptOutcome, Phase } from "../runner.ts";

/*
 * What comes from a worker was made in a process in which user code runs: it is looked at before it is believed.
 */

export interface AttemptEnd {
  readonly attemptId: number;
  readonly outcome: AttemptOutcome;
  /** From begin to end. */
  readonly milliseconds: number;
  /** The worker's resident memory in bytes, told now and then. */
  readonly residentBytes?: number;
  /** True when the worker ends after this attempt: something was thrown outside of it, or it called `process.exit`. */
  readonly fatal?: boolean;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function areTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}

export function isAttemptId(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

const USER_PHASES: ReadonlySet<unknown> = new Set<Phase>(["validate", "prepare", "execute", "finalize"]);

/** The phases that a worker runs; the others are the daemon's. */
export function isUserPhase(value: unknown): value is Phase {
  return USER_PHASES.has(value);
}

const LOG_LEVELS: ReadonlySet<unknown> = new Set<LogLevel>(["debug", "info", "warn", "error"]);

export function isLogLevel(value: unknown): value is LogLevel {
  return LOG_LEVELS.has(value);
}

export function isAttemptEnd(value: unknown): value is AttemptEnd {
  return (
    isObject(value) &&
    isAttemptId(value["attemptId"]) &&
    isOutcome(value["outcome"]) &&
    Number.isFinite(value["milliseconds"]) &&
    isAbsentOr(value["residentBytes"], "number") &&
    isAbsentOr(value["fatal"], "boolean")
  );
}

function isOutcome(value: unknown): value is AttemptOutcome {
  if (!isObject(value) || !isAbsentOr(value["scratchMade"], "boolean")) return false;
  if (value["kind"] === "succeeded") return areTexts(value["outputs"]);
  return (
    value["kind"] === "failed" &&
    isUserPhase(value["phase"]) &&
    isAttemptError(value["error"]) &&
    typeof value["retryable"] === "boolean"
  );
}

function isAttemptError(value: unknown): value is AttemptError {
  return (
    isObject(value) &&
    typeof value["name"] === "string" &&
    typeof value["message"] === "string" &&
    typeof value["stack"] === "string" &&
    isAbsentOr(value["code"], "string")
  );
}

export function isAbsentOr(value: unknown, type: "string" | "number" | "boolean"): boolean {
  return value === undefined || typeof value === type;
}
