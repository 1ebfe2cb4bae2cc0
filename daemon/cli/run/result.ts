import type { RunOneResult } from "../../../shared/daemon/run-one/run-one.ts";
import type { TaskDocument } from "../../../shared/task/document.ts";
import { escapeForTerminal } from "../escape.ts";
import { bytesText, table } from "../format.ts";
import type { Style } from "../terminal.ts";

/** A task that was run once, and where what it wrote lies; undefined where that is removed. */
export interface FinishedRun {
  readonly document: TaskDocument;
  readonly result: RunOneResult;
  readonly kept: string | undefined;
}

/** For a person, escaped. */
export function describeRun({ document, result, kept }: FinishedRun, style: Style): readonly string[] {
  const { report, outputs, deleted, phases } = result;
  const name = escapeForTerminal(`${document.name} ${document.id}`);
  const lines =
    report.kind === "done"
      ? [`${style("bold", name)} ${style("green", "succeeded")}${took(result)}`]
      : [
          `${style("bold", name)} ${style("red", "failed")} in ${report.phase ?? "an unknown phase"}${took(result)}`,
          ...indented((report.exception ?? "").trimEnd().split(/\r?\n/)),
        ];
  const section = (title: string, content: readonly string[]): void => {
    if (content.length > 0) lines.push(style("bold", title), ...indented(content));
  };
  section("phases", table(phases.map(({ phase, seconds }) => [phase, secondsText(seconds)])));
  const size = (bytes: number | undefined): string => (bytes === undefined ? "not there" : bytesText(bytes));
  section("outputs", table(outputs.map(({ key, bytes }) => [key, size(bytes)])));
  const others = alsoWritten(result);
  section("also written", table(others.map(({ key, bytes }) => [key, size(bytes)])));
  section("deleted", deleted);
  if (kept !== undefined) lines.push(`${style("bold", "kept in")} ${escapeForTerminal(kept)}`);
  else if (result.written.length > 0) lines.push("what it wrote is removed; --keep DIR keeps it");
  return lines;
}

/** One line for other programs. Sizes are in bytes, times in seconds. */
export function runAsJson({ document, result, kept }: FinishedRun): string {
  const { report, outputs, written, deleted, phases } = result;
  const { success, phase, error, exception, attempt } = report;
  return JSON.stringify({
    task: document.name,
    id: typeof document.id === "bigint" ? String(document.id) : document.id,
    success: success === true,
    attempt,
    seconds: secondsOf(result),
    phases: Object.fromEntries(phases.map(({ phase: name, seconds }) => [name, seconds])),
    ...(report.kind !== "done" && { phase, error: { ...error, exception } }),
    outputs,
    written: written.map(({ key, bytes }) => ({ key, bytes })),
    deleted,
    kept: kept ?? null,
  });
}

function alsoWritten({ outputs, written }: RunOneResult): RunOneResult["written"] {
  const named = new Set(outputs.map(({ key }) => key));
  return written.filter(({ key }) => !named.has(key));
}

/** Of all phases. */
function secondsOf({ phases }: RunOneResult): number {
  return phases.reduce((sum, { seconds }) => sum + seconds, 0);
}

function took(result: RunOneResult): string {
  return result.phases.length === 0 ? "" : ` after ${secondsText(secondsOf(result))}`;
}

function secondsText(seconds: number): string {
  return `${seconds.toFixed(seconds < 10 ? 3 : 1)} s`;
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${escapeForTerminal(line.replaceAll("\t", "    "))}`);
}
