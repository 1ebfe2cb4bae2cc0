import { SimpleTasksError } from "../errors.ts";
import { queueCallError } from "../queue/call-error.ts";
import type { CallOptions, LeaseOutcome, Message, Queue, Settlement } from "../queue/queue.ts";
import { settle } from "../queue/settle.ts";
import { findMessages } from "./find-reports.ts";
import { type ReportEntry, reportEntry } from "./reports.ts";
import type { SelectedReport } from "./selection.ts";

/** What a repair did. Whatever is not `ended` is still in the error queue, unless somebody else has taken it from there. */
export interface RepairOutcome {
  /** Reports that are gone from the error queue. */
  readonly ended: number;
  /** Reports that were to end and did not; each was told through `onKept`. */
  readonly kept: number;
  /** Reports whose turn did not come. */
  readonly left: number;
  /** Why it stopped early: `aborted` by the signal, or what the queues threw. Leases were given back. */
  readonly stopped: SimpleTasksError | undefined;
}

/** Why a report is still there, or was not there. */
export interface KeptReport {
  readonly id: string;
  /**
   * `not_retryable`: no task can be read in it. `not_there`: nobody has it any more. `taken`: somebody else leased it.
   * `failed`: the queue refused it. `sent`: its task was sent, but the report could not be deleted.
   */
  readonly reason: "not_retryable" | "not_there" | "taken" | "failed" | "sent";
  readonly error: SimpleTasksError;
}

export interface RepairOptions extends CallOptions {
  readonly errorQueue: Queue;
  /** Each is tried once, in this order. */
  readonly reports: readonly SelectedReport[];
  readonly onKept?: ((kept: KeptReport) => void) | undefined;
  /** Called after each group of reports, with how many have ended so far. */
  readonly onProgress?: ((ended: number) => void) | undefined;
}

/** A leased report and the way it is to end. */
export interface Ending {
  readonly entry: ReportEntry;
  readonly settlement: Settlement;
}

export interface RepairSteps {
  /** How a leased report ends, or why it is to stay. */
  readonly decide: (entry: ReportEntry, receipt: string) => Settlement | SimpleTasksError;
  /** Runs before these are settled; when it throws, none of them is. */
  readonly before?: (endings: readonly Ending[]) => Promise<void>;
  /** Runs with those that have ended. */
  readonly after?: (endings: readonly Ending[]) => Promise<void>;
}

/** Reports and letters that are leased at once: enough to keep a queue busy, little enough for memory and for the lease. */
const groupSize = 500;
const groupLength = 4 * 1024 * 1024;
/** Longer than a group takes, also while another program keeps a queue file locked. */
const leaseSeconds = 120;

/**
 * Ends reports of the error queue, group by group: leases them by id, settles them, and gives back those that stay. Never
 * throws for what queues do: the outcome tells. When the signal fires, the group that is under way is finished.
 *
 * @throws `not_supported` where the engine cannot lease by id; nothing was done then
 */
export async function endReports(options: RepairOptions, steps: RepairSteps): Promise<RepairOutcome> {
  const { errorQueue, onKept, onProgress, signal } = options;
  const reports = [...new Map(options.reports.map((report) => [report.id, report])).values()];
  const lease = leaseOf(errorQueue);
  /** Those that could not be leased: they are looked for at the end, all together. */
  const missing: string[] = [];
  let [ended, kept, begun] = [0, 0, 0];
  let stopped: SimpleTasksError | undefined;
  const keep = (one: KeptReport): void => {
    kept += 1;
    onKept?.(one);
  };
  try {
    for (const group of groupsOf(reports)) {
      if (signal?.aborted === true) {
        stopped = new SimpleTasksError("aborted", "Stopped before every report had its turn.");
        break;
      }
      const messages = await lease(group.map(({ id }) => id));
      const result = await settleGroup(errorQueue, messages, steps);
      begun += group.length;
      ended += result.ended.length;
      for (const one of result.kept) keep(one);
      missing.push(...idsWithout(group, messages));
      await steps.after?.(result.ended);
      onProgress?.(ended);
    }
  } catch (error) {
    stopped = queueCallError(error);
  }
  try {
    for (const one of await explainMissing(errorQueue, missing)) keep(one);
  } catch (error) {
    stopped ??= queueCallError(error);
  }
  return { ended, kept, left: reports.length - begun, stopped };
}

function idsWithout(group: readonly SelectedReport[], messages: readonly Message[]): readonly string[] {
  const got = new Set(messages.map(({ id }) => id));
  return group.flatMap(({ id }) => (got.has(id) ? [] : [id]));
}

function leaseOf(queue: Queue): (ids: readonly string[]) => Promise<readonly Message[]> {
  const { lease } = queue;
  if (lease !== undefined && queue.peek !== undefined) return (ids) => lease.call(queue, ids, leaseSeconds);
  throw new SimpleTasksError("not_supported", `chosen reports cannot be taken out of ${queue.url}`, {
    hint: "The engine of this queue gives messages in its own order only.",
  });
}

function* groupsOf(reports: readonly SelectedReport[]): Generator<readonly SelectedReport[]> {
  let group: SelectedReport[] = [];
  let length = 0;
  for (const report of reports) {
    const size = report.length ?? 0;
    if (group.length > 0 && (group.length >= groupSize || length + size > groupLength)) {
      yield group;
      group = [];
      length = 0;
    }
    group.push(report);
    length += size;
  }
  if (group.length > 0) yield group;
}

/** Every lease is over afterwards, also when it throws: the report has ended, or was given back. */
async function settleGroup(
  queue: Queue,
  messages: readonly Message[],
  { decide, before }: RepairSteps,
): Promise<{ readonly ended: readonly Ending[]; readonly kept: readonly KeptReport[] }> {
  const endings: Ending[] = [];
  const kept: KeptReport[] = [];
  const held = new Set(messages.map(({ receipt }) => receipt));
  try {
    for (const message of messages) {
      const entry = reportEntry(message);
      const settlement = decide(entry, message.receipt);
      if (settlement instanceof SimpleTasksError) {
        kept.push({ id: message.id, reason: "not_retryable", error: settlement });
      } else endings.push({ entry, settlement });
    }
    if (endings.length > 0) await before?.(endings);
    const outcomes = await settleAll(queue, endings);
    const ended = endings.filter((ending, place) => {
      const outcome = outcomes[place];
      if (outcome?.held === true) held.delete(ending.settlement.receipt);
      else kept.push(keptBy(ending.entry.id, outcome));
      return outcome?.held === true;
    });
    return { ended, kept };
  } finally {
    await giveBack(queue, [...held]);
  }
}

async function settleAll(queue: Queue, endings: readonly Ending[]): Promise<readonly LeaseOutcome[]> {
  if (endings.length === 0) return [];
  return settle(
    queue,
    endings.map(({ settlement }) => settlement),
  );
}

function keptBy(id: string, outcome: LeaseOutcome | undefined): KeptReport {
  if (outcome === undefined || outcome.held) {
    return { id, reason: "failed", error: new SimpleTasksError("internal", "the queue gave no outcome") };
  }
  const { error, reported } = outcome;
  if (reported === true) return { id, reason: "sent", error };
  return { id, reason: error.code === "lease_lost" ? "taken" : "failed", error };
}

/** What cannot be given back comes back by itself when its lease ends. */
async function giveBack(queue: Queue, receipts: readonly string[]): Promise<void> {
  if (receipts.length === 0) return;
  await queue.release(receipts.map((receipt) => ({ receipt, unstarted: true }))).catch(() => {});
}

/** What became of those that could not be leased. */
async function explainMissing(queue: Queue, ids: readonly string[]): Promise<readonly KeptReport[]> {
  if (ids.length === 0) return [];
  const there = await findMessages(queue, ids);
  return ids.map((id): KeptReport => {
    const about = { queue: queue.url, id };
    if (there.has(id)) {
      const error = new SimpleTasksError("lease_lost", "somebody else has leased it", {
        retryable: true,
        about,
      });
      return { id, reason: "taken", error };
    }
    const error = new SimpleTasksError("lease_lost", "it is not in the error queue", { about });
    return { id, reason: "not_there", error };
  });
}
