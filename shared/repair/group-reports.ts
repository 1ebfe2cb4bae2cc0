import type { ReportEntry } from "./reports.ts";

/** Reports that tell of the same trouble: tasks of one name that failed with one error, whatever numbers stand in it. */
export interface ReportGroup {
  /** The task's name, or the beginning of a very long one; undefined for reports in which none can be read. */
  readonly task: string | undefined;
  /** The error's code, else its name, where the report tells. */
  readonly code: string | undefined;
  /** The error's first line, with `#` for each number. */
  readonly headline: string;
  /** The first input of the newest report, as an example; undefined where it has none. */
  readonly input: string | undefined;
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
    const trouble = troubleOf(entry);
    const key = keyOf(trouble);
    const { count = 0, first = entry.id } = groups.get(key) ?? {};
    const input = entry.task.document?.inputs[0]?.slice(0, longest);
    groups.set(key, { ...trouble, input, count: count + 1, first, last: entry.id, lastAt: entry.sentAt });
  }
  return [...groups.values()].toSorted(
    (one, other) => other.count - one.count || (other.lastAt ?? 0) - (one.lastAt ?? 0),
  );
}

/** The same text for every report of a group, and no other's. */
export function groupKey(entry: ReportEntry): string {
  return keyOf(troubleOf(entry));
}

type Trouble = Pick<ReportGroup, "task" | "code" | "headline">;

function troubleOf({ task, report, headline }: ReportEntry): Trouble {
  return {
    task: task.name?.slice(0, longest),
    code: report.error?.code ?? report.error?.name,
    headline: withoutNumbers(headline.slice(0, longest)),
  };
}

function keyOf({ task, code, headline }: Trouble): string {
  return JSON.stringify([task ?? null, code ?? null, headline]);
}

/** Numbers with their points and exponents, also in hexadecimal digits, and ids made of such. */
function withoutNumbers(line: string): string {
  return line.replaceAll(/0x[0-9a-f]+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+(?:\.\d+)*/gi, "#");
}
