import { asSimpleTasksError, SimpleTasksError } from "../errors.ts";
import { parseTask, type TaskDocument } from "../task/document.ts";
import { isJsonObject, type JsonObject, parseJson } from "../task/json.ts";
import { marksKey, readMarks } from "../task/marks.ts";
import type { Report } from "../task/read-report.ts";

/** The task of a report, as far as it can be read. */
export interface ReportedTask {
  /** Undefined when it is no task document, or not there as a whole. */
  readonly document: TaskDocument | undefined;
  /** Why there is no document, and so nothing that a retry could send. */
  readonly obstacle: SimpleTasksError | undefined;
  /** These may be told even where the document is wrong elsewhere. */
  readonly name: string | undefined;
  readonly id: string | undefined;
  readonly batch: string | undefined;
  /** The batch that counts the failure: daemons count those of task documents, also where the report holds only a beginning. */
  readonly countedIn: string | undefined;
}

/** Reads the task of a report of any origin. Never throws. */
export function readReportedTask(report: Report): ReportedTask {
  const { taskText, batch: countedIn } = report;
  if (taskText === undefined) {
    const obstacle = new SimpleTasksError("task_unparsable", missing(report));
    return { ...unread(obstacle), batch: countedIn, countedIn };
  }
  let document: TaskDocument;
  try {
    document = parseTask(taskText);
  } catch (error) {
    const obstacle = asSimpleTasksError(error, "task_unparsable");
    return { ...unread(obstacle), ...partsOf(taskText) };
  }
  const { name, id, batch } = document;
  return { document, obstacle: undefined, name, id: String(id), batch, countedIn: batch };
}

function missing({ taskBeginning }: Report): string {
  return taskBeginning !== undefined
    ? "the report holds only the beginning of its task, which was too large for the error queue"
    : "the report names no task";
}

function unread(obstacle: SimpleTasksError): ReportedTask {
  return {
    document: undefined,
    obstacle,
    name: undefined,
    id: undefined,
    batch: undefined,
    countedIn: undefined,
  };
}

/** What a text says that was meant as a task. */
function partsOf(text: string): Partial<ReportedTask> {
  const document = objectIn(text);
  if (document === undefined) return {};
  const info = document["basic_info"];
  const { batch } = readMarks(document[marksKey]).marks;
  if (!isJsonObject(info)) return { batch };
  const { name, id } = info;
  return {
    batch,
    ...(typeof name === "string" && { name }),
    ...((typeof id === "number" || typeof id === "bigint" || typeof id === "string") && { id: String(id) }),
  };
}

function objectIn(text: string): JsonObject | undefined {
  try {
    const value = parseJson(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
