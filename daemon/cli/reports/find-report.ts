import { SimpleTasksError } from "../../../shared/errors.ts";
import { findMessages } from "../../../shared/repair/find-reports.ts";
import { reportEntry, type ReportEntry } from "../../../shared/repair/reports.ts";
import { settingsOf, type Call } from "../call.ts";
import { openToLook } from "../queues.ts";

/** The report of this id in the error queue. @throws `io` when there is none */
export async function findReport(id: string, call: Call): Promise<ReportEntry> {
  const url = settingsOf(call).errorQueue;
  await using queue = await openToLook(url, call);
  const found = queue && (await findMessages(queue, [id], { signal: call.signals.signal })).get(id);
  if (found !== undefined) return reportEntry(found);
  throw new SimpleTasksError("io", `there is no report ${id} in ${url}`, {
    hint: "`simpletasks errors list` shows which there are.",
  });
}
