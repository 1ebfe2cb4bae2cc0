import type { BatchCounts } from "../../../shared/queue/queue.ts";
import { settingsOf, type Call } from "../call.ts";
import { escapeForTerminal } from "../escape.ts";
import { exitCodes } from "../exit-codes.ts";
import { timeText } from "../format.ts";
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
  await printTable(call, {
    columns: [
      { title: "batch", shrink: "end" },
      { title: "first scheduled" },
      ...counts.map((title) => ({ title, align: "right" as const })),
    ],
    rows: batches.map((batch) =>
      [batch.batch, timeText(batch.firstAt)].concat(counts.map((name) => batch[name].toLocaleString("en"))),
    ),
    empty: escapeForTerminal(`no batches in ${url}`),
  });
  return exitCodes.done;
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
