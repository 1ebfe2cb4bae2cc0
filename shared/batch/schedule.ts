import { randomUUID } from "node:crypto";
import { SimpleTasksError } from "../errors.ts";
import type { OutgoingMessage, Queue } from "../queue/queue.ts";
import { parseTask, taskText, withBatch, type TaskDraft } from "../task/document.ts";

/** A task from code, or the text of a whole task document, which is passed on as it is written. */
export type ScheduledTask = TaskDraft | string | PlacedTask;

/** A task document that was read from a batch file, with its place there, which may not be its place among those sent. */
export interface PlacedTask {
  /** What {@link parseTask} takes: it was found sound, and is not read again. */
  readonly message: string;
  readonly position: number;
}

export interface ScheduleOptions {
  /** The batch's id. Default: a new one. */
  readonly batch?: string;
  /** Called after each group of messages is durable. */
  readonly onProgress?: (progress: ScheduleProgress) => void;
  /** Stops between groups; what was sent stays sent, and the error says how many. */
  readonly signal?: AbortSignal;
}

export interface ScheduleProgress {
  readonly batch: string;
  readonly scheduled: number;
}

/** Messages in one call of the queue, and calls under way: enough to keep a queue busy, little enough for flat memory. */
const groupSize = 1000;
const groupsAtOnce = 4;

/**
 * Sends tasks to a queue as one batch, in their order, in memory that does not grow with their number. A task without an id
 * of its own gets its position in the batch, from 0.
 *
 * @returns how many were scheduled, all of them durable.
 * @throws `task_unparsable`, `payload_invalid`, `key_invalid` at the first task that is none, `aborted`, or what the queue
 *   refused; `about.scheduled` is the number of tasks that are in the queue nevertheless.
 */
export async function schedule(
  queue: Queue,
  tasks: AsyncIterable<ScheduledTask> | Iterable<ScheduledTask>,
  options: ScheduleOptions = {},
): Promise<ScheduleProgress> {
  const { batch = randomUUID(), onProgress, signal } = options;
  const counts = { batch, change: "scheduled" } as const;
  let scheduled = 0;
  const underWay = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;

  async function send(group: readonly PlacedMessage[]): Promise<void> {
    const outcomes = await queue.send(group, { signal });
    let refused: SimpleTasksError | undefined;
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.sent) scheduled += 1;
      else refused ??= atPosition(group[index]?.position ?? index, outcome.error);
    }
    onProgress?.({ batch, scheduled });
    if (refused !== undefined) throw refused;
  }

  async function start(group: readonly PlacedMessage[]): Promise<void> {
    if (underWay.size >= groupsAtOnce) await Promise.race(underWay);
    const sending = send(group)
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => underWay.delete(sending));
    underWay.add(sending);
  }

  try {
    let group: PlacedMessage[] = [];
    let next = 0;
    for await (const task of tasks) {
      signal?.throwIfAborted();
      if (failure !== undefined) break;
      const position = typeof task === "object" && "message" in task ? task.position : next;
      group.push({ body: messageOfTask(task, batch, position), position, counts });
      next = position + 1;
      if (group.length < groupSize) continue;
      await start(group);
      group = [];
    }
    if (group.length > 0 && failure === undefined) await start(group);
  } catch (error) {
    failure ??= { error };
  }
  await Promise.all(underWay);
  if (failure !== undefined) throw withCount(abortError(failure.error, signal), scheduled, queue.url);
  return { batch, scheduled };
}

interface PlacedMessage extends OutgoingMessage {
  readonly position: number;
}

function messageOfTask(task: ScheduledTask, batch: string, position: number): string {
  try {
    if (typeof task === "object" && !("message" in task)) {
      return withBatch(taskText({ ...task, id: task.id ?? position }), { batch, position });
    }
    if (typeof task === "object") return withBatch(task.message, { batch, position });
    parseTask(task);
    return withBatch(task, { batch, position });
  } catch (error) {
    throw atPosition(position, error);
  }
}

function atPosition(position: number, error: unknown): SimpleTasksError {
  if (!(error instanceof SimpleTasksError)) throw error;
  return new SimpleTasksError(error.code, `Task ${position} of the batch: ${error.message}`, {
    cause: error,
    retryable: error.retryable,
    ...(error.hint !== undefined && { hint: error.hint }),
    about: { ...error.about, position },
  });
}

/** Where the signal was heard of first, here or where the tasks come from, makes no difference. */
function abortError(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted !== true || error instanceof SimpleTasksError) return error;
  return new SimpleTasksError("aborted", "Scheduling was cancelled.", { cause: error });
}

function withCount(error: unknown, scheduled: number, queue: string): unknown {
  if (!(error instanceof SimpleTasksError)) return error;
  return new SimpleTasksError(
    error.code,
    `${error.message} ${scheduled} tasks of the batch are in ${queue}.`,
    {
      cause: error,
      retryable: error.retryable,
      ...(error.hint !== undefined && { hint: error.hint }),
      about: { ...error.about, queue, scheduled },
    },
  );
}
