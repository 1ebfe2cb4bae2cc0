import type { Logger } from "../logger.ts";
import type { Queue } from "../queue/queue.ts";
import { describeThrown } from "./phases/thrown.ts";

/** How often old reports are looked for, in milliseconds. */
const interval = 3_600_000;
const dayMilliseconds = 86_400_000;

export interface ExpiryOptions {
  /** Queues of reports. One whose engine forgets by itself is left to it. */
  readonly queues: readonly Pick<Queue, "url" | "expire">[];
  /** How long a report is kept, in days; 0 keeps all. */
  readonly days: number;
  readonly log: Logger;
}

/**
 * Removes reports that are older than `days`, at once and every hour, until it is disposed of. Nothing waits for it: a
 * queue that cannot be cleared is told of and asked again an hour later, and the end of the daemon only calls it off.
 */
export function startExpiry({ queues, days, log }: ExpiryOptions): Disposable {
  const ended = new AbortController();
  const { signal } = ended;
  const busy = new Set<string>();

  async function expire({ url, expire }: ExpiringQueue): Promise<void> {
    // A queue that took more than an hour is not asked twice at a time.
    if (busy.has(url)) return;
    busy.add(url);
    try {
      const removed = await expire(Date.now() - days * dayMilliseconds, { signal });
      if (removed > 0) log.log("info", "old reports removed", { queue: url, reports: removed, days });
    } catch (error) {
      if (signal.aborted) return;
      const { message } = describeThrown(error, "io");
      log.log("warn", "old reports could not be removed, trying again in an hour", {
        queue: url,
        error: message,
      });
    } finally {
      busy.delete(url);
    }
  }

  const expiring = days === 0 ? [] : queues.flatMap(expiringQueue);
  const expireAll = (): void => {
    for (const queue of expiring) void expire(queue);
  };
  const timer = setInterval(expireAll, interval);
  timer.unref();
  expireAll();
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      ended.abort();
    },
  };
}

type ExpiringQueue = Required<ExpiryOptions["queues"][number]>;

function expiringQueue(queue: ExpiryOptions["queues"][number]): ExpiringQueue[] {
  if (queue.expire === undefined) return [];
  return [{ url: queue.url, expire: queue.expire.bind(queue) }];
}
