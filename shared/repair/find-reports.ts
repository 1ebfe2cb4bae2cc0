import type { CallOptions, PeekedMessage, Queue } from "../queue/queue.ts";
import { peekAll } from "./reports.ts";

/**
 * The messages of these ids, without leasing any. A few ids that count up, as most engines' do, are looked up one by one;
 * only for many, or one that is not found so, the whole queue is read, once.
 *
 * @returns by id; what is not there is left out
 * @throws `not_supported` where the engine cannot read without leasing
 */
export async function findMessages(
  queue: Queue,
  ids: readonly string[],
  options: CallOptions = {},
): Promise<ReadonlyMap<string, PeekedMessage>> {
  const found = new Map<string, PeekedMessage>();
  const missing = new Set(ids);
  for (const id of missing.size > mostLookedUp ? [] : missing) {
    const message = await lookUp(queue, id, options);
    if (message === undefined) continue;
    found.set(id, message);
    missing.delete(id);
  }
  if (missing.size === 0) return found;
  for await (const message of peekAll(queue, options)) {
    if (!missing.delete(message.id)) continue;
    found.set(message.id, message);
    if (missing.size === 0) break;
  }
  return found;
}

/** More than these cost more than a reading of a middling queue. */
const mostLookedUp = 100;

/** Asks for what follows the number before. Found or not, the answer is checked: nothing is assumed of the engine. */
async function lookUp(queue: Queue, id: string, options: CallOptions): Promise<PeekedMessage | undefined> {
  const number = /^\d{1,15}$/.test(id) ? Number(id) : 0;
  if (number === 0 || queue.peek === undefined) return undefined;
  const [message] = await queue.peek({ max: 1, after: String(number - 1), ...options });
  return message?.id === id ? message : undefined;
}
