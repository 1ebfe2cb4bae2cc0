import { SimpleTasksError } from "../../errors.ts";
import type { TaskType } from "../../task/define.ts";
import { TransientMap } from "../../transient-map.ts";
import { describeTaskType } from "../phases/describe-type.ts";
import { attemptError } from "../phases/thrown.ts";
import type { AttemptHooks, AttemptOrder, AttemptOutcome, Runner } from "../runner.ts";
import { InProcessAttempt } from "./attempt.ts";
import { captureOutput } from "./capture.ts";

export interface InProcessRunnerOptions {
  readonly types: readonly TaskType[];
  /** How many attempts run at once, 1 or more: while one waits for something, others go on. Default 16. */
  readonly slots?: number;
}

/** How long attempts may follow one another before other work of the daemon gets its turn, in milliseconds. */
const TURN_MS = 10;

/**
 * Runs trusted, short tasks inside the daemon (`isolation: "none"`), without the cost of a process boundary.
 *
 * What is lost: a task that crashes, blocks or exits takes the daemon along; it sees the daemon's environment and
 * credentials; `memory` is not watched; at its `timeout`, or when it is given up, it is told through its signal, and
 * nothing makes it end.
 */
export function createInProcessRunner({ types, slots = 16 }: InProcessRunnerOptions): Runner {
  const byName = new Map(types.map((type) => [type.name, type]));
  const capture = captureOutput();
  const running = new TransientMap<number, InProcessAttempt>();
  let line: Waiting[] = [];
  let turnBegan = 0;
  let turn: NodeJS.Immediate | undefined;
  let closing = false;
  const closed = Promise.withResolvers<void>();

  function startWaiting(): void {
    while (running.size < slots && line.length > 0) {
      const now = performance.now();
      if (turn === undefined) {
        turnBegan = now;
        turn = setImmediate(() => {
          turn = undefined;
          startWaiting();
        });
      }
      // The rest begins in the next turn of the event loop.
      if (now - turnBegan > TURN_MS) return;
      const first = line.shift();
      if (first !== undefined) void begin(first);
    }
  }

  async function begin({ order, hooks, onAbort, resolve }: Waiting): Promise<void> {
    if (onAbort !== undefined) hooks.signal.removeEventListener("abort", onAbort);
    const attempt = new InProcessAttempt(hooks);
    running.set(order.attemptId, attempt);
    hooks.onStart();
    const type = byName.get(order.name);
    resolve(type === undefined ? unknownType(order.name) : await attempt.run(type, order));
    running.delete(order.attemptId);
    startWaiting();
    if (closing && running.size === 0) closed.resolve();
  }

  function run(order: AttemptOrder, hooks: AttemptHooks): Promise<AttemptOutcome> {
    if (closing || hooks.aborted) return Promise.resolve({ kind: "unstarted" });
    const { promise, resolve } = Promise.withResolvers<AttemptOutcome>();
    const waiting: Waiting = { order, hooks, resolve, onAbort: undefined };
    line.push(waiting);
    startWaiting();
    if (line.includes(waiting)) {
      waiting.onAbort = () => {
        line = line.filter((other) => other !== waiting);
        resolve({ kind: "unstarted" });
      };
      hooks.signal.addEventListener("abort", waiting.onAbort, { once: true });
    }
    return promise;
  }

  return {
    slots,
    ahead: slots,
    start: () => Promise.all(types.map((type) => describeTaskType(type))),
    run,
    async [Symbol.asyncDispose]() {
      closing = true;
      for (const { resolve } of line.splice(0)) resolve({ kind: "unstarted" });
      for (const attempt of running.values())
        attempt.giveUp(new SimpleTasksError("attempt_aborted", "The runner is being ended"));
      if (running.size > 0) await closed.promise;
      clearImmediate(turn);
      capture[Symbol.dispose]();
    },
  };
}

interface Waiting {
  readonly order: AttemptOrder;
  readonly hooks: AttemptHooks;
  readonly resolve: (outcome: AttemptOutcome) => void;
  /** Listens while it waits. */
  onAbort: (() => void) | undefined;
}

function unknownType(name: string): AttemptOutcome {
  return {
    kind: "failed",
    phase: "validate",
    error: attemptError("task_type_unknown", `No task type is named ${name}`),
    retryable: false,
  };
}
