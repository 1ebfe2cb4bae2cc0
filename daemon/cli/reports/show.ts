import { SimpleTasksError } from "../../../shared/errors.ts";
import { memberText } from "../../../shared/task/json-text.ts";
import type { ReportEntry } from "../../../shared/repair/reports.ts";
import { settingsOf, type Call } from "../call.ts";
import { escapeForTerminal } from "../escape.ts";
import { exitCodes } from "../exit-codes.ts";
import { table, timeText } from "../format.ts";
import { ageText } from "./age.ts";
import { findReport } from "./find-report.ts";
import { taskName } from "./list.ts";
import type { Style } from "../terminal.ts";
import type { ShowFlags } from "./words.ts";

/** `errors show ID` */
export async function errorsShow(call: Call<ShowFlags>): Promise<number> {
  const { terminal, flags } = call;
  const [id = ""] = call.words;
  const url = settingsOf(call).errorQueue;
  const entry = await findReport(id, call);
  if (flags.document === true) await terminal.printRaw(documentOf(entry));
  else if (flags.json === true) await terminal.printRaw(entry.body);
  else for (const line of describe(entry, url, terminal.style)) await terminal.print(line);
  return exitCodes.done;
}

function documentOf({ id, report }: ReportEntry): string {
  if (report.taskText !== undefined) return report.taskText;
  throw new SimpleTasksError("task_unparsable", `report ${id} does not hold its task as a whole`);
}

/** Everything that can be read in it, escaped. */
function describe(entry: ReportEntry, url: string, style: Style): readonly string[] {
  const { report, task, body } = entry;
  const lines = [style("bold", escapeForTerminal(`report ${entry.id} in ${url}`))];
  for (const line of table(factsOf(entry).map((row) => row.map(escapeForTerminal)))) lines.push(`  ${line}`);
  const section = (title: string, text: string | readonly string[] | undefined): void => {
    if (text === undefined || text.length === 0) return;
    const all = typeof text === "string" ? text.trimEnd().split(/\r?\n/) : text;
    lines.push("", style("bold", title), ...all.map((line) => `  ${withoutTabs(line)}`));
  };
  section("inputs", task.document?.inputKeys);
  if (task.document !== undefined) section("payload", memberText(report.taskText ?? "", "payload_info"));
  else section("task, as it was received", report.taskText);
  section("the task's beginning", report.taskBeginning);
  if (report.kind === "unknown") section("report", body);
  section("exception", report.exception);
  section("log", report.logTail);
  section("what to do", nextSteps(entry));
  return lines;
}

function factsOf({ report, task, sentAt, state }: ReportEntry): (readonly [string, string])[] {
  const { error, phase, attempt, hostname, user, daemon, startedAt, durationMs } = report;
  const { document, batch, obstacle } = task;
  const facts: (readonly [string, string | undefined])[] = [
    ["reported", sentAt === undefined ? undefined : `${timeText(sentAt)} (${ageText(sentAt)} ago)`],
    ["state", state === "visible" ? undefined : state],
    ["task", obstacle === undefined ? taskName(task) : `${taskName(task)}: ${obstacle.message}`],
    ["batch", batch === undefined ? undefined : `${batch}${positionText(document?.position)}`],
    ["redrives", document === undefined || document.redrives === 0 ? undefined : String(document.redrives)],
    ["phase", phase],
    ["attempt", attempt === undefined ? undefined : String(attempt)],
    ["error", [error?.name, error?.code].filter((part) => part !== undefined).join(" ")],
    ["host", [hostname, user].filter((part) => part !== undefined).join(", user ")],
    ["daemon", daemon],
    ["started", startedAt === undefined ? undefined : timeText(startedAt)],
    ["took", durationMs === undefined ? undefined : `${(durationMs / 1000).toFixed(2)} s`],
  ];
  return facts.flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [[name, value] as const],
  );
}

function positionText(position: number | undefined): string {
  return position === undefined ? "" : `, position ${position}`;
}

function nextSteps({ id, task, report }: ReportEntry): readonly string[] {
  const asItIs = [
    [`simpletasks run --error ${id}`, "tries it, touches nothing"],
    [`simpletasks errors retry ${id}`, "sends it again as it is"],
  ];
  const document = [`simpletasks errors show ${id} --document > task.json`, "to mend it there"];
  const mended = [
    ["simpletasks run task.json", "tries the mended task"],
    [`simpletasks errors retry ${id} --with task.json`, "sends that in its place"],
  ];
  return table([
    ...(task.obstacle === undefined ? asItIs : []),
    ...(report.taskText === undefined ? [] : [document]),
    ...mended,
    [`simpletasks errors discard ${id}`, "gives it up"],
  ]);
}

function withoutTabs(line: string): string {
  return escapeForTerminal(line.replaceAll("\t", "    "));
}
