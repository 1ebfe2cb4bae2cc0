import type { CallOptions, Queue } from "../queue/queue.ts";
import { groupKey } from "./group-reports.ts";
import { type ReportEntry, readReports } from "./reports.ts";

/** Which reports are meant: those that fit everything that is given. */
export interface Selection {
  /** The task's name; `*` stands for any letters, also none. Upper and lower case differ, as in task types' names. */
  readonly task?: string | undefined;
  /** Stands in the exception, the error's message or the task's text; upper and lower case are one. */
  readonly text?: string | undefined;
  /** The whole id of a batch. */
  readonly batch?: string | undefined;
  /** The {@link groupKey} of a group of reports. */
  readonly group?: string | undefined;
  /** Reported at this moment or earlier, in milliseconds since 1970; a report whose time is not known is not meant. */
  readonly until?: number | undefined;
  /** Reported at this moment or later. */
  readonly since?: number | undefined;
}

/** A report that was selected, by its message's id. */
export interface SelectedReport {
  readonly id: string;
  /** Letters of its text, where they are known: they bound how many are worked on at once. */
  readonly length?: number | undefined;
}

/** Tests whether a report is meant. */
export function matcherOf(selection: Selection): (entry: ReportEntry) => boolean {
  const { task, text, batch, group, until, since } = selection;
  const name = task === undefined ? undefined : namePattern(task);
  const wanted = text?.toLowerCase();
  return (entry) => {
    if (until !== undefined && !(entry.sentAt !== undefined && entry.sentAt <= until)) return false;
    if (since !== undefined && !(entry.sentAt !== undefined && entry.sentAt >= since)) return false;
    if (name !== undefined && !(entry.task.name !== undefined && name(entry.task.name))) return false;
    if (batch !== undefined && entry.task.batch !== batch) return false;
    if (group !== undefined && groupKey(entry) !== group) return false;
    return (
      wanted === undefined || textsOf(entry).some((candidate) => candidate.toLowerCase().includes(wanted))
    );
  };
}

/**
 * The reports that are meant, as they stand now: what is reported meanwhile, by tasks that were retried a moment ago, is not
 * among them.
 * @throws `not_supported` where the engine cannot read without leasing
 */
export async function selectReports(
  queue: Queue,
  selection: Selection,
  { limit = Infinity, signal }: CallOptions & { readonly limit?: number } = {},
): Promise<readonly SelectedReport[]> {
  const matches = matcherOf(selection);
  const selected: SelectedReport[] = [];
  if (limit === 0) return selected;
  for await (const entry of readReports(queue, { signal })) {
    if (!matches(entry)) continue;
    selected.push({ id: entry.id, length: entry.body.length });
    if (selected.length >= limit) break;
  }
  return selected;
}

/** Finds each part of the pattern behind the one before: no name, however long, takes more than one pass. */
function namePattern(pattern: string): (name: string) => boolean {
  const [beginning = "", ...parts] = pattern.split("*");
  const end = parts.pop();
  if (end === undefined) return (name) => name === pattern;
  return (name) => {
    if (!name.startsWith(beginning)) return false;
    let from = beginning.length;
    for (const part of parts) {
      const found = name.indexOf(part, from);
      if (found === -1) return false;
      from = found + part.length;
    }
    return name.length - end.length >= from && name.endsWith(end);
  };
}

/** What a person may have read in it; a task's text also as it reads without its escapes. */
function textsOf({ report, body }: ReportEntry): readonly string[] {
  const { exception = "", error, taskText, taskBeginning } = report;
  const text = taskText ?? taskBeginning ?? body;
  return [exception, error?.message ?? "", text, withoutEscapes(text)];
}

function withoutEscapes(text: string): string {
  return text.replaceAll(/\\u([0-9a-f]{4})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}
