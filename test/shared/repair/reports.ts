import type { Queue } from "../../../shared/queue/queue.ts";
import { taskText, withBatch } from "../../../shared/task/document.ts";
import { errorReport } from "../../../shared/task/report.ts";

/** A task's text; with an `id` that names it wherever it turns up. */
export function task(id: number, given: { name?: string; batch?: string; payload?: unknown } = {}): string {
  const { name = "CUT", batch, payload = null } = given;
  const text = taskText({ id, name, baseDirectory: "data", inputs: [`in/${id}`], payload });
  return batch === undefined ? text : withBatch(text, { batch, position: id });
}

/** The report that a daemon writes of a failed task. */
export function failed(
  text: string,
  given: { exception?: string; code?: string; cutTask?: boolean; batch?: string } = {},
): string {
  const { exception = "Error: it broke\n    at line 3", code, cutTask, batch } = given;
  const [message = ""] = exception.split("\n");
  return errorReport({
    host: { hostname: "mill", user: "ada" },
    task: text,
    batch,
    exception,
    simpletasks: {
      attempt: 3,
      phase: "execute",
      daemon: "mill-1",
      error: { name: "Error", message, code },
      log_tail: ["one", "two"],
      duration_ms: 1500,
    },
    maxBytes: 10_000,
    ...(cutTask !== undefined && { cutTask }),
  });
}

/** As SimpleTasks.jl writes it. */
export function strangersReport(text: string): string {
  return `{"host_info":{"hostname":"julia","user":"eve"},"task":${text},"exception":"BoundsError()\\nStacktrace:"}`;
}

/** What lies in a queue, oldest first. */
export async function bodiesIn(queue: Queue): Promise<readonly string[]> {
  return ((await queue.peek?.({ max: 1000 })) ?? []).map(({ body }) => body);
}

export async function idsIn(queue: Queue): Promise<readonly string[]> {
  return ((await queue.peek?.({ max: 1000 })) ?? []).map(({ id }) => id);
}

/** The queue without something that an engine may lack. */
export function without(queue: Queue, member: "transaction" | "lease" | "peek" | "batches"): Queue {
  const copy: { -readonly [name in keyof Queue]: Queue[name] } = { ...queue };
  delete copy[member];
  return copy;
}
