import { SimpleTasksError } from "../../../shared/errors.ts";
import type { Queue } from "../../../shared/queue/queue.ts";
import { groupReports, type ReportGroup } from "../../../shared/repair/group-reports.ts";
import { readReports, type ReportEntry } from "../../../shared/repair/reports.ts";
import { matcherOf } from "../../../shared/repair/selection.ts";
import { settingsOf, type Call, type Command } from "../call.ts";
import type { Column } from "../columns.ts";
import { escapeForTerminal } from "../escape.ts";
import { exitCodes } from "../exit-codes.ts";
import { counted, timeFor } from "../format.ts";
import { printTable } from "../listing.ts";
import { openToLook } from "../queues.ts";
import { hasFilters, limitOf, selectionOf } from "./chosen.ts";
import { printGroups } from "./groups.ts";
import type { ErrorsListFlags, SelectionFlags } from "./words.ts";

/** `done list` */
export const doneList: Command<SelectionFlags> = (call) => list(call, settingsOf(call).doneQueue, doneTable);

/** `errors list` */
export const errorsList: Command<ErrorsListFlags> = (call) =>
  list(call, settingsOf(call).errorQueue, errorsTable);

interface ReportTable {
  readonly columns: readonly Column[];
  /** @param reported when it was */
  readonly row: (entry: ReportEntry, reported: string) => readonly string[];
}

async function list(
  call: Call<ErrorsListFlags>,
  url: string | undefined,
  table: ReportTable,
): Promise<number> {
  const { terminal, flags } = call;
  if (url === undefined) {
    throw new SimpleTasksError("config_invalid", "there is no done queue: successes are not reported", {
      hint: "Give --done-queue, or done_queue in simpletasks.json.",
    });
  }
  const endless = flags.json === true || flags.all === true || flags.group === true;
  const limit = limitOf(call) ?? (endless ? Infinity : 100);
  const empty = escapeForTerminal(`no reports${hasFilters(call) ? " that fit" : ""} in ${url}`);
  await using queue = await openToLook(url, call);
  const chosen = await openChoice(queue, call, limit);
  if (flags.group === true) {
    const groups = await groupReports(chosen.entries);
    await printGroups(call, groups, empty);
    tellHowToList(groups, call);
    return exitCodes.done;
  }
  if (flags.json === true) {
    for await (const { body } of chosen.entries) {
      if (terminal.closed) break;
      await terminal.printRaw(body);
    }
    return exitCodes.done;
  }
  const time = timeFor(terminal.screen?.columns);
  const rows = rowsOf(chosen.entries, (entry) => table.row(entry, time(entry.sentAt)));
  const { rows: shown, complete } = await printTable(call, { columns: table.columns, rows, empty });
  if (queue !== undefined && complete && chosen.more()) await tellRest(queue, shown, call);
  return exitCodes.done;
}

/** The reports that are to be shown; afterwards `more` tells whether there are others. */
async function openChoice(queue: Queue | undefined, call: Call<SelectionFlags>, limit: number) {
  const matches = hasFilters(call) ? matcherOf(await selectionOf(call)) : () => true;
  let more = false;
  async function* entries(): AsyncGenerator<ReportEntry, void, undefined> {
    if (queue === undefined) return;
    let count = 0;
    for await (const entry of readReports(queue, { signal: call.signals.signal })) {
      if (!matches(entry)) continue;
      more = count === limit;
      if (more) return;
      count += 1;
      yield entry;
    }
  }
  return { entries: entries(), more: () => more };
}

async function* rowsOf(
  entries: AsyncIterable<ReportEntry>,
  row: (entry: ReportEntry) => readonly string[],
): AsyncGenerator<readonly string[], void, undefined> {
  for await (const entry of entries) yield row(entry);
}

async function tellRest(queue: Queue, shown: number, call: Call<SelectionFlags>): Promise<void> {
  const { terminal, signals } = call;
  const how = "(--limit N shows more, --all all)";
  if (hasFilters(call)) {
    terminal.tell(`and more reports ${how}`);
    return;
  }
  const { visible, leased, delayed } = await queue.stats({ signal: signals.signal });
  terminal.tell(`and ${counted(Math.max(1, visible + leased + delayed - shown), "more report")} ${how}`);
}

function tellHowToList([largest]: readonly ReportGroup[], { terminal, flags }: Call): void {
  if (largest === undefined || flags.json === true) return;
  const command = `simpletasks errors list --like ${largest.last}`;
  terminal.tell(`${escapeForTerminal(command)}   lists the reports of the first group`);
}

const id: Column = { title: "id", align: "right" };

const errorsTable: ReportTable = {
  columns: [
    id,
    { title: "reported" },
    { title: "task", shrink: "middle" },
    { title: "input", shrink: "middle" },
    { title: "batch" },
    { title: "phase" },
    { title: "error", shrink: "end" },
  ],
  row: ({ id: messageId, task, report, headline }, reported) => [
    messageId,
    reported,
    taskName(task),
    inputsText(task),
    batchText(task),
    report.phase ?? "",
    shortened(headline),
  ],
};

const doneTable: ReportTable = {
  columns: [
    id,
    { title: "reported" },
    { title: "task", shrink: "middle" },
    { title: "batch" },
    { title: "outputs", align: "right" },
    { title: "seconds", align: "right" },
    { title: "host", shrink: "end" },
  ],
  row({ id: messageId, task, report }, reported) {
    const { outputCount, durationMs, hostname = "" } = report;
    const seconds = durationMs === undefined ? "" : (durationMs / 1000).toFixed(2);
    const outputs = outputCount.toLocaleString("en");
    return [messageId, reported, taskName(task), batchText(task), outputs, seconds, hostname];
  },
};

function batchText({ batch }: ReportEntry["task"]): string {
  return batch?.slice(0, 8) ?? "";
}

/** "0.dat", "0.dat +2": the first input, and how many more there are. */
function inputsText({ document }: ReportEntry["task"]): string {
  const [first, ...more] = document?.inputs ?? [];
  if (first === undefined) return "";
  return more.length === 0 ? shortened(first) : `${shortened(first)} +${more.length.toLocaleString("en")}`;
}

/** "NO_OP 4", as far as it can be read. */
export function taskName({ name, id: taskId }: ReportEntry["task"]): string {
  return name === undefined ? "unknown" : shortened(`${name} ${taskId ?? ""}`.trim());
}

function shortened(text: string): string {
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
}
