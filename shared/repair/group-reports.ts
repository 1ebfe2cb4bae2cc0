import type { ReportEntry } from "./reports.ts";

/** Reports that tell of the same trouble: tasks of one name that failed with one error, whatever numbers stand in it. */
export interface ReportGroup {
  /** The task's name, or the beginning of a very long one; undefined for reports in which none can be read. */
  readonly task: string | undefined;
  /** The error's code, else its name, where the report tells. */
  readonly code: string | undefined;
  /** The error's first line, with `#` for each number. */
  readonly headline: string;
  readonly count: number;
  /** Ids of the oldest and of the newest report. */
  readonly first: string;
  readonly last: string;
  /** When the newest was reported, in milliseconds since 1970. */
  readonly lastAt: number | undefined;
}

/** Letters of a name or a first line that tell groups apart: bounds memory. */
const longest = 500;

/** Groups reports that come oldest first; the largest group first, of equal ones the newest. */
export async function groupReports(entries: AsyncIterable<ReportEntry>): Promise<readonly ReportGroup[]> {
  const groups = new Map<string, ReportGroup>();
  for await (const entry of entries) {
    const task = entry.task.name?.slice(0, longest);
    const code = entry.report.error?.code ?? entry.report.error?.name;
    const headline = withoutNumbers(entry.headline.slice(0, longest));
    const key = JSON.stringify([task ?? null, code ?? null, headline]);
    const { count = 0, first = entry.id } = groups.get(key) ?? {};
    groups.set(key, { task, code, headline, count: count + 1, first, last: entry.id, lastAt: entry.sentAt });
  }
  return [...groups.values()].toSorted(
    (one, other) => other.count - one.count || (other.lastAt ?? 0) - (one.lastAt ?? 0),
  );
}

/** Numbers with their points and exponents, also in hexadecimal digits, and ids made of such. */
function withoutNumbers(line: string): string {
  return line.replaceAll(/0x[0-9a-f]+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+(?:\.\d+)*/gi, "#");
}
