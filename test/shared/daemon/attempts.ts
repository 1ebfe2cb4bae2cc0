import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { StagedDatasource } from "../../../shared/datasource/staged.ts";
import type {
  AttemptHooks,
  AttemptLogLine,
  AttemptOrder,
  AttemptOutcome,
  Runner,
} from "../../../shared/daemon/runner.ts";
import { createWorkerPool, type WorkerPoolOptions } from "../../../shared/daemon/workers/pool.ts";
import { taskText } from "../../../shared/task/document.ts";
import { unusedDatasource } from "./fake-staged.ts";

export const actFile = fileURLToPath(new URL("workers/fixtures/act.task.ts", import.meta.url));

/** A started pool over the acts. */
export async function openPool(options: Partial<WorkerPoolOptions> = {}): Promise<Runner> {
  const pool = createWorkerPool({ taskFiles: [actFile], workers: 1, graceSeconds: 0.2, ...options });
  await pool.start();
  return pool;
}

export interface Recorded extends AttemptHooks {
  readonly lines: AttemptLogLine[];
  readonly progress: (readonly [number, string | undefined])[];
  readonly started: Promise<void>;
  /** What happened, in order: `started`, `ended`. */
  readonly events: string[];
  abort(reason?: unknown): void;
}

export function recorder(
  datasource: StagedDatasource = unusedDatasource,
  onLine?: (line: AttemptLogLine) => void,
): Recorded {
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  const lines: AttemptLogLine[] = [];
  const progress: (readonly [number, string | undefined])[] = [];
  const events: string[] = [];
  return {
    datasource,
    signal: controller.signal,
    get aborted() {
      return controller.signal.aborted;
    },
    lines,
    progress,
    events,
    started: promise,
    onStart() {
      events.push("started");
      resolve();
    },
    onLog(line) {
      lines.push(line);
      onLine?.(line);
    },
    onProgress: (fraction, note) => void progress.push([fraction, note]),
    abort: (reason) => controller.abort(reason),
  };
}

let lastId = 0;

export function orderOf(name: string, payload: unknown, more: Partial<AttemptOrder> = {}): AttemptOrder {
  const attemptId = ++lastId;
  const text = taskText({ id: attemptId, name, baseDirectory: "base", inputs: [], payload });
  return {
    attemptId,
    name,
    text,
    attempt: 1,
    inputs: [],
    scratch: join(tmpdir(), `simpletasks-scratch-${process.pid}-${attemptId}`),
    ...more,
  };
}

/** Runs an act of the fixture. */
export function act(
  runner: Runner,
  what: string,
  value?: unknown,
  hooks: AttemptHooks = recorder(),
  name = "ACT",
): Promise<AttemptOutcome> {
  return runner.run(orderOf(name, value === undefined ? { act: what } : { act: what, value }), hooks);
}

export function failureOf(outcome: AttemptOutcome): Extract<AttemptOutcome, { kind: "failed" }> {
  if (outcome.kind !== "failed") throw new Error(`expected a failure, got ${JSON.stringify(outcome)}`);
  return outcome;
}

/** What the act says of itself: acts that report something fail with it as their message. */
export async function told(outcome: Promise<AttemptOutcome>): Promise<string> {
  return failureOf(await outcome).error.message;
}

export async function temporaryDirectory(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "simpletasks-test-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Resolves when the process is gone (a zombie counts as gone). */
export async function processGone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !isZombie(pid);
}

function isZombie(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.startsWith("Z") ?? false;
  } catch {
    return false;
  }
}
