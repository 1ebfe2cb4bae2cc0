import { joinKey } from "../../bucket/key.ts";
import type { Datasource, PutValue } from "../../datasource/datasource.ts";
import { SimpleTasksError } from "../../errors.ts";
import type { LogLevel } from "../../logger.ts";
import { makeDirectorySync } from "../../make-directory.ts";
import type { TaskType } from "../../task/define.ts";
import { parseTask } from "../../task/document.ts";
import { parsePayload } from "../../task/payload-schema.ts";
import type { Task, TaskContext, TaskLog, TaskResult } from "../../task/task-type.ts";
import type { AttemptOrder, AttemptOutcome, Phase } from "../runner.ts";
import { checkResult } from "./result.ts";
import { describeThrown } from "./thrown.ts";

/** What an attempt uses of its surroundings: a worker's side of the process boundary, or the daemon itself. */
export interface Surroundings {
  /** Puts are staged. */
  readonly datasource: Datasource;
  /** Asked for only when user code asks, so that it may be made then. */
  readonly signal: AbortSignal;
  /** User code of this phase runs now. Phases without user code are not told. */
  enter(phase: Phase): void;
  log(level: LogLevel, message: string): void;
  progress(fraction: number, note: string | undefined): void;
}

/** Runs one attempt through its phases: the payload's schema, `prepare`, `execute`, storing, `finalize`. Never rejects. */
export async function runPhases(
  type: TaskType,
  order: AttemptOrder,
  surroundings: Surroundings,
): Promise<AttemptOutcome> {
  let phase: Phase = "validate";
  const scratch = createScratch(order);
  const enter = (next: Phase): void => {
    phase = next;
    surroundings.enter(next);
  };
  try {
    const { datasource } = surroundings;
    const document = order.document ?? parseTask(order.text);
    let payload: unknown = document.payload;
    if (type.payload !== undefined) {
      enter("validate");
      payload = await parsePayload(type, document.payload);
    }
    const { id, name, baseDirectory, inputs } = document;
    const task: Task<unknown> = { id, name, baseDirectory, inputs, payload, attempt: order.attempt };
    const context = contextOf(task, order, surroundings, scratch);
    if (type.prepare !== undefined) {
      enter("prepare");
      context.prepared = await type.prepare(task, datasource, context);
    }
    let result: TaskResult = { success: true };
    if (type.execute !== undefined) {
      enter("execute");
      result = checkResult(await type.execute(task, datasource, context));
    }
    // Stored before `finalize`, which may remove the files that the outputs name.
    const { outputs } = result;
    let keys: readonly string[] = [];
    if (result.success && outputs !== undefined) {
      phase = "finalize";
      keys = await store(baseDirectory, outputs, datasource);
    }
    if (type.finalize !== undefined) {
      enter("finalize");
      await type.finalize(task, datasource, result, context);
    }
    if (result.success) return { kind: "succeeded", outputs: keys, scratchMade: scratch.made };
    phase = "execute";
    throw new SimpleTasksError("task_failed", result.message ?? "execute returned success: false");
  } catch (error) {
    return {
      kind: "failed",
      phase,
      error: describeThrown(error, codeFor(phase)),
      retryable: phase !== "validate",
      scratchMade: scratch.made,
    };
  }
}

function codeFor(phase: Phase): "payload_invalid" | "task_failed" {
  return phase === "validate" ? "payload_invalid" : "task_failed";
}

/** Puts the outputs, all together, and gives their keys in the result's order. */
async function store(
  baseDirectory: string,
  outputs: NonNullable<TaskResult["outputs"]>,
  datasource: Datasource,
): Promise<readonly string[]> {
  const keys: string[] = [];
  const values = new Map<string, PutValue>();
  for (const [name, output] of Object.entries(outputs)) {
    // A property may be there without a value.
    if (typeof output === "object" && "key" in output && output.key !== undefined) keys.push(output.key);
    else {
      const key = joinKey(baseDirectory, name);
      keys.push(key);
      values.set(key, output as PutValue);
    }
  }
  if (values.size > 0) await datasource.put(Object.fromEntries(values));
  return keys;
}

/** A plain object, so that user code may spread it or take it apart. */
function contextOf(
  task: Task<unknown>,
  order: AttemptOrder,
  surroundings: Surroundings,
  scratch: Scratch,
): TaskContext<unknown> & { prepared: unknown } {
  let log: TaskLog | undefined;
  return {
    task,
    datasource: surroundings.datasource,
    inputs: order.inputs,
    prepared: undefined,
    get scratch() {
      return scratch.directory();
    },
    get log() {
      log ??= taskLog(surroundings);
      return log;
    },
    get signal() {
      return surroundings.signal;
    },
    progress(fraction, note) {
      surroundings.progress(
        Math.min(1, Math.max(0, Number(fraction) || 0)),
        note === undefined ? undefined : String(note),
      );
    },
  };
}

/** The attempt's scratch directory, made when first asked for. */
interface Scratch {
  readonly made: boolean;
  directory(): string;
}

function createScratch(order: AttemptOrder): Scratch {
  let path: string | undefined;
  return {
    get made() {
      return path !== undefined;
    },
    directory() {
      if (path === undefined) makeDirectorySync((path = order.scratch));
      return path;
    },
  };
}

function taskLog(surroundings: Surroundings): TaskLog {
  const at = (level: LogLevel) => (message: string) => surroundings.log(level, String(message));
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
