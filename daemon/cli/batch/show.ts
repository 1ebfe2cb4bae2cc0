import { SimpleTasksError } from "../../../shared/errors.ts";
import type { BatchCounts } from "../../../shared/queue/queue.ts";
import { groupReports, type ReportGroup } from "../../../shared/repair/group-reports.ts";
import { readReports, type ReportEntry } from "../../../shared/repair/reports.ts";
import { matcherOf } from "../../../shared/repair/selection.ts";
import { settingsOf, type Call } from "../call.ts";
import { escapeForTerminal } from "../escape.ts";
import { exitCodes } from "../exit-codes.ts";
import { bar, counted, table, timeText } from "../format.ts";
import { openToLook } from "../queues.ts";
import { printGroups } from "../reports/groups.ts";
import { batchJson } from "./list.ts";
import { batchesOf, findBatch } from "./batches.ts";

/** `batch show ID` */
export async function batchShow(call: Call): Promise<number> {
  const { terminal, flags } = call;
  const { taskQueue, errorQueue } = settingsOf(call);
  const [typed = ""] = call.words;
  const batches = await batchesOf(taskQueue, call);
  const batch = findBatch(batches, typed);
  if (batch === undefined) {
    throw new SimpleTasksError("io", `${taskQueue} knows no batch "${typed}"`, {
      hint: "`simpletasks batch list` shows which there are.",
    });
  }
  if (flags.json === true) {
    await terminal.printRaw(JSON.stringify(batchJson(batch)));
    return exitCodes.done;
  }
  await terminal.print(terminal.style("bold", escapeForTerminal(`batch ${batch.batch}`)));
  for (const line of table(factsOf(batch))) await terminal.print(`  ${line}`);
  const groups = batch.failed === 0 ? [] : await failuresOf(batch, errorQueue, call);
  if (groups.length > 0) {
    await terminal.print("");
    await printGroups(call, groups, "");
  }
  await terminal.print(`\n${terminal.style("bold", "what to do")}`);
  for (const step of nextSteps(batch, typedId(batch, batches))) await terminal.print(`  ${step}`);
  return exitCodes.done;
}

function factsOf(batch: BatchCounts): (readonly [string, string])[] {
  const { scheduled, queued, running, done, failed, discarded, firstAt, lastAt } = batch;
  const over = done + failed + discarded;
  const fraction = scheduled === 0 ? 1 : over / scheduled;
  // Not 100 % as long as anything is left.
  const percent = Math.floor(fraction * 100);
  const counts = { queued, running, done, failed, discarded };
  const shown = Object.entries(counts).map(([name, count]) => `${count.toLocaleString("en")} ${name}`);
  return [
    ["", `${bar(fraction)} ${percent} % of ${counted(scheduled, "task")}`],
    ["tasks", shown.join(", ")],
    ...(running > 0 ? [["running", runningMeans] as const] : []),
    ["first scheduled", timeText(firstAt)],
    ["last changed", timeText(lastAt)],
  ];
}

async function failuresOf({ batch }: BatchCounts, url: string, call: Call): Promise<readonly ReportGroup[]> {
  await using queue = await openToLook(url, call);
  if (queue?.peek === undefined) return [];
  const matches = matcherOf({ batch });
  const reports = readReports(queue, { signal: call.signals.signal });
  async function* ofBatch(): AsyncGenerator<ReportEntry, void, undefined> {
    for await (const entry of reports) if (matches(entry)) yield entry;
  }
  return await groupReports(ofBatch());
}

const runningMeans = "leased by daemons, prefetched ones too";

function nextSteps({ queued, running, failed }: BatchCounts, id: string): readonly string[] {
  const steps: [command: string, effect: string][] = [];
  if (queued > 0) steps.push(["simpletasks daemon --until-drained", "runs what is queued"]);
  if (failed > 0) {
    steps.push([`simpletasks errors list --batch ${id}`, "shows each failure"]);
    steps.push([`simpletasks errors retry --batch ${id}`, "sends the failed tasks again"]);
  }
  if (steps.length > 0) return table(steps);
  return [running > 0 ? "nothing: daemons are at work on it" : "nothing: every task is done or given up"];
}

/** So much of an id as tells it from the others, as a person would type it; anybody may have written it, so it is quoted. */
function typedId({ batch }: BatchCounts, batches: readonly BatchCounts[]): string {
  const others = batches.filter((other) => other.batch !== batch);
  let length = 8;
  while (length < batch.length && others.some((other) => other.batch.startsWith(batch.slice(0, length)))) {
    length += 1;
  }
  const typed = batch.slice(0, length);
  return /^[\w-]+$/.test(typed) ? typed : `'${escapeForTerminal(batch).replaceAll("'", String.raw`'\''`)}'`;
}
