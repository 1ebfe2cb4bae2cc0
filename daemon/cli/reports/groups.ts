import type { ReportGroup } from "../../../shared/repair/group-reports.ts";
import type { Call } from "../call.ts";
import { timeFor } from "../format.ts";
import { printTable } from "../listing.ts";

/** Groups of reports as a table, or, with `--json`, one a line. @param empty what is told when there are none */
export async function printGroups(call: Call, groups: readonly ReportGroup[], empty: string): Promise<void> {
  const { terminal, flags } = call;
  const time = timeFor(terminal.screen?.columns);
  if (flags.json === true) {
    for (const group of groups) await terminal.printRaw(JSON.stringify(groupJson(group)));
    return;
  }
  await printTable(call, {
    columns: [
      { title: "reports", align: "right" },
      { title: "last id", align: "right" },
      { title: "last reported" },
      { title: "task", shrink: "middle" },
      { title: "last input", shrink: "middle" },
      { title: "error", shrink: "end" },
    ],
    rows: groups.map(({ count, last, lastAt, task = "unknown", input = "", headline }) => [
      count.toLocaleString("en"),
      last,
      time(lastAt),
      task,
      input,
      headline,
    ]),
    empty,
  });
}

function groupJson({ task, code, headline, input, count, first, last, lastAt }: ReportGroup): object {
  return {
    task: task ?? null,
    code: code ?? null,
    headline,
    input: input ?? null,
    count,
    first,
    last,
    last_at: lastAt === undefined ? null : new Date(lastAt).toISOString(),
  };
}
