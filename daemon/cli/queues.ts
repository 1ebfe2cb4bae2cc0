import { isSimpleTasksError } from "../../shared/errors.ts";
import { openQueue } from "../../shared/queue/open.ts";
import { parseSqliteUrl } from "../../shared/queue/sqlite/address.ts";
import { sqliteQueueNames } from "../../shared/queue/sqlite/names.ts";
import type { Queue } from "../../shared/queue/queue.ts";
import { queueUrl } from "../config/locations.ts";
import { suggestion } from "../../shared/nearest-word.ts";
import { namesOf, type Call } from "./call.ts";
import { isMade, queueFileProblem } from "./queue-file.ts";

/** The URL of a queue that was typed as URL or bare name. */
export function typedQueue(typed: string, call: Call): string {
  const { engines, workspace } = namesOf(call);
  return queueUrl(typed, { engines, workspace, base: call.currentDirectory });
}

/** Opens a queue by its resolved URL; a file that may not be used is told in words. */
export async function openNamedQueue(url: string, signal?: AbortSignal): Promise<Queue> {
  try {
    return await openQueue(url, { signal });
  } catch (error) {
    if (!url.startsWith("sqlite:") || !isSimpleTasksError(error, "io")) throw error;
    throw queueFileProblem(parseSqliteUrl(url, process.cwd()).file) ?? error;
  }
}

/**
 * Opens a queue to look into it; undefined where looking would make one: neither it nor its file need be there yet.
 * @throws `io` when the file is there, or may be, and cannot be read
 */
export async function openToLook(url: string, call: Call): Promise<Queue | undefined> {
  const { signal } = call.signals;
  if (!url.startsWith("sqlite:")) return await openNamedQueue(url, signal);
  const { file, queue: name } = parseSqliteUrl(url, call.currentDirectory);
  if (!isMade(file)) return undefined;
  const queue = await openNamedQueue(url, signal);
  if (sqliteQueueNames(file).includes(name)) return queue;
  await queue[Symbol.asyncDispose]();
  return undefined;
}

/** What to say of a queue that `openToLook` did not find. */
export function notMadeYet(url: string, call: Call): string {
  const { file, queue: name } = parseSqliteUrl(url, call.currentDirectory);
  if (!isMade(file)) return `there is no queue file ${file} yet`;
  return `there is no queue "${name}" in ${file} yet${suggestion(name, sqliteQueueNames(file))}`;
}
