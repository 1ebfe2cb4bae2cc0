import { SimpleTasksError } from "../../../shared/errors.ts";
import type { CallOptions, Queue } from "../../../shared/queue/queue.ts";
import { groupKey } from "../../../shared/repair/group-reports.ts";
import { selectReports, type SelectedReport, type Selection } from "../../../shared/repair/selection.ts";
import { wholeBatchId } from "../batch/batches.ts";
import { settingsOf, type Call } from "../call.ts";
import { parseAge } from "./age.ts";
import { findReport } from "./find-report.ts";
import type { SelectionFlags } from "./words.ts";

/** What the filters of a call say. @throws `usage`; `io` when the report of `--like` is not there */
export async function selectionOf(call: Call<SelectionFlags>): Promise<Selection> {
  const { task, text, older, newer, batch, like } = call.flags;
  const now = Date.now();
  return {
    task,
    text,
    until: older === undefined ? undefined : now - parseAge("--older", older),
    since: newer === undefined ? undefined : now - parseAge("--newer", newer),
    batch: batch === undefined ? undefined : await wholeBatchId(batch, settingsOf(call).taskQueue, call),
    group: like === undefined ? undefined : groupKey(await findReport(like, call)),
  };
}

/** Whether the call filters at all. */
export function hasFilters({ flags }: Call<SelectionFlags>): boolean {
  const { task, text, older, newer, batch, like } = flags;
  return [task, text, older, newer, batch, like].some((flag) => flag !== undefined);
}

/** @throws `usage` */
export function limitOf({ flags: { limit } }: Call<{ readonly limit?: string }>): number | undefined {
  if (limit === undefined) return undefined;
  if (/^0*[1-9]\d*$/.test(limit)) return Number(limit);
  throw new SimpleTasksError("usage", `--limit must be a whole number from 1, not "${limit}"`);
}

/** Which reports a call names: ids as typed, else filters. */
export interface Choice {
  readonly ids: readonly string[];
  readonly selection: Selection;
  readonly limit: number;
}

/** @throws `usage` when it names none, or both ids and filters */
export async function choiceOf(call: Call<SelectionFlags>): Promise<Choice> {
  const { words: ids, flags } = call;
  const filters = hasFilters(call);
  if (ids.length > 0 && (filters || flags.all === true || flags.limit !== undefined)) {
    throw new SimpleTasksError("usage", "give either the reports' ids or filters, not both");
  }
  if (ids.length === 0 && !filters && flags.all !== true) {
    throw new SimpleTasksError("usage", "which reports are meant?", {
      hint: "Give ids (`simpletasks errors list` shows them), filters (--task, --text, --older, --newer, --batch, --like) or --all.",
    });
  }
  return { ids, limit: limitOf(call) ?? Infinity, selection: await selectionOf(call) };
}

/** The reports of a choice as they stand now; whether an id is there shows when it is leased. */
export async function chosenReports(
  queue: Queue | undefined,
  { ids, selection, limit }: Choice,
  options: CallOptions,
): Promise<readonly SelectedReport[]> {
  if (queue === undefined) return [];
  if (ids.length > 0) return ids.map((id) => ({ id }));
  return selectReports(queue, selection, { ...options, limit });
}
