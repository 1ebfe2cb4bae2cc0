import { SimpleTasksError } from "../errors.ts";
import type { CallOptions, PeekedMessage, Queue } from "../queue/queue.ts";
import { readReport, type Report } from "../task/read-report.ts";
import { type ReportedTask, readReportedTask } from "./reported-task.ts";

/** One message of an error or done queue, with what can be read of it. It is parsed when something of it is first asked for. */
export interface ReportEntry extends Pick<PeekedMessage, "id" | "body" | "sentAt"> {
  /** `leased`: somebody is repairing it right now. Undefined for a message that was leased, not peeked at. */
  readonly state: PeekedMessage["state"] | undefined;
  readonly report: Report;
  readonly task: ReportedTask;
  /** What went wrong, in one line: of a stranger's report whatever stands first in it; empty in a done report. */
  readonly headline: string;
}

export function reportEntry(
  message: Pick<PeekedMessage, "id" | "body" | "sentAt"> & Partial<PeekedMessage>,
): ReportEntry {
  const { id, body, sentAt, state } = message;
  let report: Report | undefined;
  let task: ReportedTask | undefined;
  return {
    id,
    body,
    state,
    ...(sentAt !== undefined && { sentAt }),
    get report() {
      return (report ??= readReport(body));
    },
    get task() {
      return (task ??= readReportedTask(this.report));
    },
    get headline() {
      return headlineOf(this.report, body);
    },
  };
}

/** Messages in one call of the queue. */
const pageSize = 500;

/**
 * The messages of a queue, oldest first, without leasing any; in memory that does not grow with their number.
 * @throws `not_supported` where the engine cannot read without leasing
 */
export async function* peekAll(
  queue: Queue,
  { signal }: CallOptions = {},
): AsyncGenerator<PeekedMessage, void, undefined> {
  if (queue.peek === undefined) {
    throw new SimpleTasksError("not_supported", `${queue.url} cannot be read without taking messages out`);
  }
  let after: string | undefined;
  for (;;) {
    const page = await queue.peek({ max: pageSize, after, signal });
    yield* page;
    after = page.at(-1)?.id;
    if (after === undefined) return;
  }
}

/** The same as reports. */
export async function* readReports(
  queue: Queue,
  options: CallOptions = {},
): AsyncGenerator<ReportEntry, void, undefined> {
  for await (const message of peekAll(queue, options)) yield reportEntry(message);
}

function headlineOf({ kind, error, exception }: Report, body: string): string {
  if (kind === "done") return "";
  const reason = (error?.message ?? exception ?? body).trim();
  const [first = ""] = reason.split(/\r?\n/, 1);
  return first;
}
