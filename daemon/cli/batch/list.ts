import type { BatchCounts } from "../../../shared/queue/queue.ts";
import { settingsOf, type Call } from "../call.ts";
import type { Column } from "../columns.ts";
import { escapeForTerminal } from "../escape.ts";
import { exitCodes } from "../exit-codes.ts";
import { timeFor } from "../format.ts";
import { printTable } from "../listing.ts";
import { batchesOf } from "./batches.ts";

/** `batch list` */
export async function batchList(call: Call): Promise<number> {
  const { terminal, flags } = call;
  const url = settingsOf(call).taskQueue;
  const batches = await batchesOf(url, call);
  if (flags.json === true) {
    for (const batch of batches) await terminal.printRaw(JSON.stringify(batchJson(batch)));
    return exitCodes.done;
  }
  const empty = escapeForTerminal(`no batches in ${url}`);
  await printTable(call, { ...batchTable(batches, terminal.screen?.columns), empty });
  return exitCodes.done;
}

/** @param room columns of the screen: on a narrow one times and counts are shorter; undefined where nothing is cut */
export function batchTable(
  batches: readonly BatchCounts[],
  room = Infinity,
): { readonly columns: readonly Column[]; readonly rows: readonly (readonly string[])[] } {
  const narrow = room < wholeWidth;
  const time = timeFor(room);
  return {
    columns: [
      { title: "batch", shrink: "end" },
      { title: narrow ? "first at" : "first scheduled" },
      ...counts.map((title) => ({ title, align: "right" as const })),
    ],
    rows: batches.map((batch) => [
      batch.batch,
      time(batch.firstAt),
      ...counts.map((name) => (narrow ? shortCount(batch[name]) : batch[name].toLocaleString("en"))),
    ]),
  };
}

/** Columns that rows with whole times and counts up to 9,999,999 need, with some of the batch's id. */
const wholeWidth = 100;

/** "999,999", "1.23 M": never more than there are. */
function shortCount(count: number): string {
  if (count < 1_000_000) return count.toLocaleString("en");
  return `${(Math.floor(count / 10_000) / 100).toFixed(2)} M`;
}

const counts = ["scheduled", "queued", "running", "done", "failed", "discarded"] as const;

export function batchJson({
  batch,
  scheduled,
  queued,
  running,
  done,
  failed,
  discarded,
  ...times
}: BatchCounts) {
  const iso = (time: number): string => new Date(time).toISOString();
  const [first_at, last_at] = [iso(times.firstAt), iso(times.lastAt)];
  return { batch, scheduled, queued, running, done, failed, discarded, first_at, last_at };
}
