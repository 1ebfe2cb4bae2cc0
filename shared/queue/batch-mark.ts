import { isJsonObject, type JsonObject, type JsonValue } from "../task/json.ts";
import { marksKey, readMarks } from "../task/marks.ts";
import type { BatchTally } from "./batch-totals.ts";

/** What of a batch a message is: one of its tasks, or the report that one of them failed. */
interface BatchMark {
  readonly batch: string;
  readonly kind: "task" | "failure";
}

/** How many of these messages are tasks of which batch. */
export function tasksByBatch(bodies: Iterable<string>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const body of bodies) {
    const mark = readMark(body);
    if (mark?.kind === "task") counts.set(mark.batch, (counts.get(mark.batch) ?? 0) + 1);
  }
  return counts;
}

/** What it means to the batches that all these messages are thrown away. */
export function tallyPurged(bodies: Iterable<string>): readonly BatchTally[] {
  const tallies = new Map<string, { batch: string; purged: number; discarded: number }>();
  for (const body of bodies) {
    const mark = readMark(body);
    if (mark === undefined) continue;
    const tally = tallies.get(mark.batch) ?? { batch: mark.batch, purged: 0, discarded: 0 };
    tallies.set(mark.batch, tally);
    tally[mark.kind === "task" ? "purged" : "discarded"] += 1;
  }
  return [...tallies.values()];
}

/** Undefined for what names no batch, done reports, and what is no JSON: anybody may have sent the message. */
function readMark(body: string): BatchMark | undefined {
  const document = parsedObject(body);
  if (document === undefined) return undefined;
  if (isJsonObject(document["basic_info"])) return markOf(document, "task");
  if (!("exception" in document)) return undefined;
  // A report of which the task was cut names the batch itself.
  return markOf(isJsonObject(document["task"]) ? document["task"] : document, "failure");
}

function markOf(marked: JsonObject, kind: BatchMark["kind"]): BatchMark | undefined {
  const { batch } = readMarks(marked[marksKey]).marks;
  return batch === undefined ? undefined : { batch, kind };
}

function parsedObject(body: string): JsonObject | undefined {
  try {
    const value: JsonValue = JSON.parse(body);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
