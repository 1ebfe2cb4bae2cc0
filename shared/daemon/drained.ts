import { setTimeout as delay } from "node:timers/promises";
import type { Queue } from "../queue/queue.ts";

/**
 * Whether the queue is empty: nothing visible, leased or delayed. An engine whose counters are exact is asked once; one
 * whose counters lag must say so `readings` times in a row, `secondsApart` apart (SQS documents a delay of about a
 * minute until its counters settle). An empty receive proves nothing.
 */
export async function isDrained(
  queue: Queue,
  options: { readonly readings?: number; readonly secondsApart?: number; readonly signal: AbortSignal },
): Promise<boolean> {
  const { readings = 3, secondsApart = 10, signal } = options;
  const needed = queue.limits.exactStats ? 1 : readings;
  for (let reading = 1; ; reading += 1) {
    const { visible, leased, delayed } = await queue.stats({ signal });
    if (visible + leased + delayed > 0) return false;
    if (reading >= needed) return true;
    await delay(secondsApart * 1000, undefined, { signal });
  }
}
