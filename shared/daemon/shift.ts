import { setTimeout as delay } from "node:timers/promises";
import { asSimpleTasksError, isSimpleTasksError, SimpleTasksError } from "../errors.ts";
import type { Message } from "../queue/queue.ts";
import type { HostInfo } from "../task/report.ts";
import { TransientMap } from "../transient-map.ts";
import { admit } from "./admission.ts";
import { describeThrown } from "./phases/thrown.ts";
import { Attempt } from "./attempt.ts";
import type { DaemonCounters } from "./counters.ts";
import { isDrained } from "./drained.ts";
import { createEnding } from "./ending.ts";
import { ownInputs } from "./fetch-inputs.ts";
import { createLeaseDepth } from "./lease-depth.ts";
import type { LeaseKeeper } from "./lease-keeper.ts";
import { createNotifier } from "./notifier.ts";
import type { DaemonOptions, DaemonSettings } from "./options.ts";
import { createPrefetch } from "./prefetch.ts";
import type { AttemptOutcome } from "./runner.ts";
import { createSettler } from "./settler.ts";
import { givesBack, mayLease, mayStart, type DaemonState } from "./state.ts";
import type { RegisteredType } from "./task-types.ts";
import { refusal, type VerdictPolicy } from "./verdict.ts";
import { createWaitingLine } from "./waiting-line.ts";

/** What a daemon does between its start and its end: lease, fetch, run, and hand over to the ending. */
export interface Shift {
  /** Leases while the state allows it; resolves when it no longer does and nothing is in hand. */
  work(): Promise<void>;
  stateChanged(): void;
  leaseLost(receipt: string): void;
  counters(): DaemonCounters;
}

export interface ShiftOptions {
  readonly options: DaemonOptions;
  readonly settings: DaemonSettings;
  readonly taskTypes: ReadonlyMap<string, RegisteredType>;
  readonly keeper: LeaseKeeper;
  readonly host: HostInfo;
  state(): DaemonState;
  /** The task queue is empty, and `untilDrained` was asked for. */
  drained(): void;
  /** The task queue cannot be used any more: what is in hand is to be given back. */
  failed(): void;
}

/** Pause before a queue that could not be reached is asked again, in milliseconds. */
const troubleDelay = 1000;

/**
 * Invariants: every leased message is in `inHand` (or being refused) until it is settled, given back, or its lease is
 * lost; an attempt is in exactly one of prefetch, waiting line, runner and ending.
 */
export function createShift(given: ShiftOptions): Shift {
  const { options, settings, taskTypes, keeper, state } = given;
  const { taskQueue, datasource, onPhase, onOver } = options;
  const { log } = settings;
  const policy: VerdictPolicy = {
    taskQueue,
    errorQueue: options.errorQueue,
    doneQueue: options.doneQueue,
    attempts: settings.attempts,
    retryDelaySeconds: settings.retryDelaySeconds,
    daemon: settings.name,
    host: given.host,
  };
  const settler = createSettler({ queue: taskQueue, keeper, log });
  const changed = createNotifier();
  const inHand = new TransientMap<string, Attempt>();
  const line = createWaitingLine();
  const prefetch = createPrefetch({
    datasource,
    tasks: settings.prefetchTasks,
    bytes: settings.prefetchBytes,
    roomFor: line.room,
    onFetched(attempt) {
      line.add(attempt);
      pump();
    },
  });
  const ending = createEnding({
    policy,
    settler,
    keeper,
    log,
    onOver(attempt) {
      inHand.delete(attempt.message.receipt);
      depth.finished(1);
      somethingEnded();
      onOver?.({ attemptId: attempt.attemptId, task: String(attempt.document.id) });
    },
  });
  const slots = settings.workers;
  const depth = createLeaseDepth(slots + settings.prefetchTasks);

  let refusing = 0;
  let leasing: AbortController | undefined;
  /** Set while the queue holds nothing but what others could take: then only what can start now is leased. */
  let lean = false;
  let lastStart = performance.now();
  /** Attempts that must run while nothing else does. */
  const alone: Attempt[] = [];
  /** The one of them that runs. */
  let soloist: Attempt | undefined;

  async function work(): Promise<void> {
    const spareTimer = setInterval(() => void giveBackSpares(), settings.pollFrequencySeconds * 500);
    try {
      await lease();
    } catch (error) {
      given.failed();
      throw error;
    } finally {
      clearInterval(spareTimer);
      while (!nothingInHand()) await changed.wait();
    }
  }

  async function lease(): Promise<void> {
    let waitSeconds = settings.untilDrained ? 0 : settings.pollFrequencySeconds;
    while (mayLease(state())) {
      const max = room();
      if (max <= 0) {
        await changed.wait();
        continue;
      }
      const messages = await receive(max, waitSeconds);
      if (messages === undefined) continue;
      waitSeconds = settings.pollFrequencySeconds;
      if (messages.length > 0) {
        lean &&= messages.length < max;
        take(messages);
      } else if (settings.untilDrained && nothingInHand() && (await drained())) {
        given.drained();
      }
    }
  }

  const nothingInHand = (): boolean => inHand.size + refusing === 0;

  function somethingEnded(): void {
    // The queue may be drained now: no need to wait out a receive.
    if (nothingInHand() && settings.untilDrained) leasing?.abort();
    changed.notify();
  }

  /** Undefined when the wait was ended, or the queue could not be reached for now. */
  async function receive(max: number, waitSeconds: number): Promise<readonly Message[] | undefined> {
    leasing = new AbortController();
    const { signal } = leasing;
    try {
      return await taskQueue.receive({ max, waitSeconds, leaseSeconds: settings.leaseSeconds, signal });
    } catch (error) {
      if (signal.aborted) return mayLease(state()) ? [] : undefined;
      const trouble = asSimpleTasksError(error, "io");
      if (isSimpleTasksError(error) && !trouble.retryable) throw error;
      log.log("warn", "the task queue could not be reached, trying again", {
        queue: taskQueue.url,
        error: trouble.message,
      });
      await delay(troubleDelay, undefined, { signal }).catch(() => {});
      return undefined;
    } finally {
      leasing = undefined;
    }
  }

  async function drained(): Promise<boolean> {
    leasing = new AbortController();
    try {
      return await isDrained(taskQueue, { signal: leasing.signal });
    } catch (error) {
      log.log("debug", "the task queue could not be counted", {
        queue: taskQueue.url,
        error: describeThrown(error, "io").message,
      });
      return false;
    } finally {
      leasing = undefined;
    }
  }

  function room(): number {
    const before = prefetch.size - prefetch.held + line.size - line.held + line.running;
    if (lean) return slots - before;
    const target = depth.target();
    // What is being uploaded and reported holds no slot, but it must not pile up without bound either.
    return inHand.size > 4 * target ? 0 : target - before;
  }

  function take(messages: readonly Message[]): void {
    keeper.hold(messages);
    for (const message of messages) {
      const admission = admit(message, taskTypes, settings.maxDeliveries);
      if (!admission.admitted) {
        void refuse(message, admission);
        continue;
      }
      const { document, type } = admission;
      for (const warning of document.warnings) log.log("warn", warning, { task: String(document.id) });
      const attempt = new Attempt({ message, document, type, datasource, log, onStart: started, onPhase });
      inHand.set(message.receipt, attempt);
      if (admission.alone) alone.push(attempt);
      else if (attempt.fetches) prefetch.add(attempt);
      else line.add(attempt);
    }
    pump();
  }

  async function refuse(
    message: Message,
    { error, batch }: { readonly error: SimpleTasksError; readonly batch: string | undefined },
  ): Promise<void> {
    refusing += 1;
    log.log("error", "message refused", { queue: taskQueue.url, message: message.id, error: error.message });
    const about = {
      receipt: message.receipt,
      body: message.body,
      batch,
      phase: "validate",
      error: describeThrown(error, "io"),
    } as const;
    await ending.refuse(refusal(about, policy));
    refusing -= 1;
    depth.finished(1);
    somethingEnded();
  }

  /** Starts everything whose turn it is. */
  function pump(): void {
    if (!mayStart(state())) return;
    if (soloist !== undefined) return;
    if (alone.length > 0) {
      startAlone();
      return;
    }
    for (let attempt = line.take(); attempt !== undefined; attempt = line.take()) {
      prefetch.taken(attempt);
      void start(attempt);
    }
    prefetch.advance();
    if (room() > 0) changed.notify();
  }

  /** An attempt that may kill the daemon waits until nothing else runs, and nothing else starts before its end. */
  function startAlone(): void {
    if (line.running > 0) return;
    soloist = alone.shift();
    if (soloist === undefined) return;
    line.add(soloist, true);
    const taken = line.take();
    if (taken !== undefined) void start(taken);
  }

  function started(attempt: Attempt): void {
    lastStart = performance.now();
    log.log("debug", "task started", {
      task: String(attempt.document.id),
      name: attempt.name,
      attempt: attempt.attempt,
    });
  }

  async function start(attempt: Attempt): Promise<void> {
    const outcome = attempt.fetches ? await runWithInputs(attempt) : await run(attempt);
    attempt.endLog();
    if (outcome.kind === "unstarted") await attempt.forgetTurn();
    line.left(attempt);
    const goesBack = outcome.kind === "unstarted" && !attempt.leaseLost && mayStart(state());
    if (!goesBack) void ending.end(attempt, outcome);
    else if (attempt === soloist) alone.unshift(attempt);
    else line.add(attempt, true);
    if (attempt === soloist) soloist = undefined;
    pump();
  }

  async function runWithInputs(attempt: Attempt): Promise<AttemptOutcome> {
    try {
      attempt.inputs = await ownInputs(attempt, datasource);
    } catch (error) {
      if (attempt.aborted) return { kind: "unstarted" };
      return { kind: "failed", phase: "fetch", error: describeThrown(error, "io"), retryable: true };
    }
    return run(attempt);
  }

  async function run(attempt: Attempt): Promise<AttemptOutcome> {
    return attempt.aborted ? { kind: "unstarted" } : attempt.type.runner.run(attempt, attempt);
  }

  function giveBackWaiting(): void {
    for (const attempt of [...prefetch.clear(), ...line.clear(), ...alone.splice(0)]) {
      prefetch.taken(attempt);
      void ending.end(attempt, { kind: "unstarted" });
    }
  }

  /**
   * Near the end of the queue: what has waited for a poll's time without anything being started, while the queue has
   * nothing else to give, goes back so that an idle daemon gets it. What was fetched for it stays in the cache.
   */
  async function giveBackSpares(): Promise<void> {
    const stuck = performance.now() - lastStart > settings.pollFrequencySeconds * 1000;
    if (!stuck || line.running === 0 || prefetch.size + line.size === 0) return;
    try {
      const { visible } = await taskQueue.stats();
      if (visible > 0) return;
    } catch (error) {
      log.log("debug", "the task queue could not be counted", {
        queue: taskQueue.url,
        error: describeThrown(error, "io").message,
      });
      return;
    }
    lean = true;
    giveBackWaiting();
  }

  return {
    work,
    stateChanged() {
      if (!mayLease(state())) leasing?.abort();
      if (state() === "aborting") settler.abandon();
      if (givesBack(state())) {
        giveBackWaiting();
        for (const attempt of inHand.values()) {
          if (state() === "aborting" || attempt.startedAt === undefined) {
            attempt.abort(new SimpleTasksError("attempt_aborted", "The daemon is being stopped."));
          }
        }
      }
      changed.notify();
    },
    leaseLost(receipt) {
      const attempt = inHand.get(receipt);
      if (attempt === undefined) return;
      attempt.leaseLost = true;
      log.log("warn", "lease lost", { task: String(attempt.document.id), name: attempt.name });
      attempt.abort(new SimpleTasksError("lease_lost", "The lease of the task's message has ended."));
    },
    counters: () => ({
      ...ending.counters(),
      waiting: prefetch.size + line.size + alone.length,
      running: line.running,
    }),
  };
}
