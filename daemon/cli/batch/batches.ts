import { SimpleTasksError } from "../../../shared/errors.ts";
import type { BatchCounts } from "../../../shared/queue/queue.ts";
import type { Call } from "../call.ts";
import { openToLook } from "../queues.ts";

/**
 * The batches of a task queue, newest first; none when it is not made yet.
 * @throws `not_supported` where the queue's engine does not count
 */
export async function batchesOf(url: string, call: Call): Promise<readonly BatchCounts[]> {
  await using queue = await openToLook(url, call);
  if (queue === undefined) return [];
  if (queue.batches !== undefined) return await queue.batches.list({ signal: call.signals.signal });
  throw new SimpleTasksError("not_supported", `${url} does not count its batches`, {
    hint: "Every report carries its batch: errors list --batch ID and done list --batch ID find them.",
  });
}

/**
 * The batch whose id is or begins so.
 * @throws `usage` when several begin so and none is called exactly so
 */
export function findBatch(batches: readonly BatchCounts[], typed: string): BatchCounts | undefined {
  const candidates = batches.filter(({ batch }) => batch.startsWith(typed));
  const exact = candidates.find(({ batch }) => batch === typed);
  if (exact !== undefined || candidates.length < 2) return exact ?? candidates[0];
  const shown = candidates.slice(0, 5).map(({ batch }) => batch);
  const more = candidates.length > shown.length ? ", …" : "";
  throw new SimpleTasksError(
    "usage",
    `${candidates.length} batches begin with "${typed}": ${shown.join(", ")}${more}`,
    { hint: "Give more of the id." },
  );
}

/** The whole id of that batch; as typed when the task queue knows none such, or counts none at all. @throws `usage` */
export async function wholeBatchId(typed: string, taskQueue: string, call: Call): Promise<string> {
  await using queue = await openToLook(taskQueue, call);
  const batches = (await queue?.batches?.list({ signal: call.signals.signal })) ?? [];
  return findBatch(batches, typed)?.batch ?? typed;
}
