import { join } from "node:path";
import { joinKey } from "../../bucket/key.ts";
import { createMemoryBucket } from "../../bucket/memory.ts";
import { openCache } from "../../cache/open.ts";
import { openDatasource, type OpenDatasource } from "../../datasource/open.ts";
import { SimpleTasksError } from "../../errors.ts";
import type { Logger, LogLevel } from "../../logger.ts";
import { createResources } from "../../resources.ts";
import type { TaskType } from "../../task/define.ts";
import { parseTask, taskText } from "../../task/document.ts";
import { makeTemporaryDirectory } from "../../temporary-directory.ts";
import { Attempt } from "../attempt.ts";
import { ownInputs } from "../fetch-inputs.ts";
import { createInProcessRunner } from "../in-process/runner.ts";
import type { AttemptOutcome } from "../runner.ts";
import { describeThrown } from "../phases/thrown.ts";
import { startTaskTypes } from "../task-types.ts";
import { readObjects, type StoredObject } from "./stored-object.ts";

/** The task that {@link runTask} runs. */
export interface TaskToTest {
  /** Contents of the inputs, by their names as they would stand in the task; in that order. Default: none. */
  readonly inputs?: Readonly<Record<string, string | Uint8Array>>;
  /** `payload_info` as it would stand in the message, before the type's schema sees it. Default: null. */
  readonly payload?: unknown;
  /** What names are relative to. Default: `data`. */
  readonly baseDirectory?: string;
  /** Default: 0. */
  readonly id?: number | bigint | string;
  /** What else lies in the bucket, by key. Default: nothing. */
  readonly objects?: Readonly<Record<string, string | Uint8Array>>;
  /** Gives the attempt up when it fires, as a lost lease does. */
  readonly signal?: AbortSignal;
}

/** A task that succeeded. */
export interface TaskRun {
  /** Its outputs in their order, by their names under the base directory; what was put elsewhere, by its key. */
  readonly outputs: Readonly<Record<string, StoredObject>>;
  /** Everything that lies in the bucket now, by key: inputs and what the datasource was given too. */
  readonly objects: Readonly<Record<string, StoredObject>>;
  /** What it logged and printed. */
  readonly log: readonly { readonly level: LogLevel; readonly text: string }[];
  /** The last that it said of how far it is. */
  readonly progress: { readonly fraction: number; readonly note: string | undefined } | undefined;
}

/**
 * Runs one task of a type in this process, as a daemon does, on a bucket in memory: the payload's schema, inputs fetched,
 * `prepare`, `execute`, `finalize`, outputs stored. One attempt; nothing remains afterwards.
 *
 * ```ts
 * const { outputs } = await runTask(countLines, { inputs: { "a.txt": "one\ntwo\n" }, payload: { skipBlank: true } });
 * assert.deepEqual(outputs["counts.json"]?.json(), { "a.txt": 2 });
 * ```
 *
 * @throws what would be reported: `payload_invalid`, `task_failed`, `task_timeout`, `attempt_aborted`, with the failure's
 *   own message and stack, and the phase in `about.phase`; `object_missing` and the like of inputs and uploads; what
 *   {@link taskText} throws for a task that cannot be.
 */
export async function runTask(type: TaskType, task: TaskToTest = {}): Promise<TaskRun> {
  const caller = new Error("called");
  const { inputs = {}, payload = null, baseDirectory = "data", id = 0, objects = {}, signal } = task;
  const body = taskText({ id, name: type.name, baseDirectory, inputs: Object.keys(inputs), payload });

  await using resources = createResources();
  const { path: directory } = resources.use(await makeTemporaryDirectory("test"));
  const bucket = resources.use(createMemoryBucket());
  for (const [key, contents] of Object.entries(objects)) await bucket.put(key, contents);
  for (const [name, contents] of Object.entries(inputs))
    await bucket.put(joinKey(baseDirectory, name), contents);
  const cache = resources.use(await openCache({ directory: join(directory, "cache") }));
  const datasource = resources.use(openDatasource({ bucket, cache }));
  const runner = resources.use(createInProcessRunner({ types: [type], slots: 1 }));
  const registered = (await startTaskTypes([runner])).get(type.name);
  if (registered === undefined) throw new SimpleTasksError("internal", `${type.name} was not registered`);

  const log: { level: LogLevel; text: string }[] = [];
  const recorder: Logger = { log: (level, text) => log.push({ level, text }) };
  const attempt = new Attempt({
    message: { id: "test", body, receipt: "test", deliveries: 1, leaseEnd: Infinity },
    document: parseTask(body),
    type: registered,
    datasource,
    log: recorder,
    onStart() {},
  });
  const abort = (): void => attempt.abort(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  resources.defer(() => signal?.removeEventListener("abort", abort));

  const keys = await runAttempt(attempt, datasource, caller);
  attempt.endLog();
  const stored = await readObjects(bucket);
  const outputs: Record<string, StoredObject> = Object.create(null);
  const prefix = baseDirectory.endsWith("/") ? baseDirectory : `${baseDirectory}/`;
  for (const key of keys) {
    const object = stored[key];
    if (object !== undefined) outputs[key.startsWith(prefix) ? key.slice(prefix.length) : key] = object;
  }
  return { outputs, objects: stored, log, progress: attempt.progress };
}

/** Runs the attempt to the end of its uploads and gives the keys of its outputs. */
async function runAttempt(
  attempt: Attempt,
  datasource: OpenDatasource,
  caller: Error,
): Promise<readonly string[]> {
  try {
    if (attempt.fetches) attempt.inputs = await ownInputs(attempt, datasource);
    const outcome = await attempt.type.runner.run(attempt, attempt);
    if (outcome.kind !== "succeeded") throw failureOf(attempt.name, outcome, caller);
    await attempt.staged?.commit({ mayUpload: () => true, signal: attempt.signal });
    return outcome.outputs;
  } finally {
    await attempt.staged?.discard();
    attempt.releasePins();
  }
}

function failureOf(
  name: string,
  outcome: Exclude<AttemptOutcome, { kind: "succeeded" }>,
  caller: Error,
): SimpleTasksError {
  if (outcome.kind === "unstarted")
    return new SimpleTasksError("attempt_aborted", `${name} did not begin: it was given up before`);
  const { phase, error } = outcome;
  const message = `${name} failed in ${phase}: ${error.message}`;
  const failure = new SimpleTasksError(codeOf(outcome), message, { about: { phase } });
  // Where the task's own code threw, not this line; where it did not throw, the test that ran it.
  const isPlaced = /^\s+at /m.test(error.stack);
  const frames = isPlaced ? [] : describeThrown(caller, "internal").stack.split("\n").slice(1);
  failure.stack = [`${name} failed in ${phase}: ${error.stack}`, ...frames].join("\n");
  return failure;
}

function codeOf({ phase, error }: Extract<AttemptOutcome, { kind: "failed" }>) {
  if (phase === "validate") return "payload_invalid";
  return error.code === "task_timeout" || error.code === "attempt_aborted" ? error.code : "task_failed";
}
