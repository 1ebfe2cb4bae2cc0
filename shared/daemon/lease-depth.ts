/** Share of a second of work that is leased ahead when tasks are short. */
const leadSeconds = 0.25;
/** Most messages leased ahead, whatever the rate. */
const most = 8192;
/** How often the rate is measured, in milliseconds. */
const sampleMilliseconds = 50;

/**
 * How many messages to have in hand. At least `least`: what the runners and the prefetch take. When tasks are so short
 * that leasing one by one would be the bottleneck, a quarter of a second's worth more; so no lease waits long
 * for its turn, and a slow task type never hoards messages.
 */
export interface LeaseDepth {
  finished(count: number): void;
  target(): number;
}

/** @param clock milliseconds, monotonic */
export function createLeaseDepth(least: number, clock: () => number = () => performance.now()): LeaseDepth {
  let since = clock();
  let count = 0;
  let perSecond = 0;
  return {
    finished(finished) {
      count += finished;
    },
    target() {
      const elapsed = clock() - since;
      if (elapsed >= sampleMilliseconds) {
        const current = (count * 1000) / elapsed;
        // Grows at once, forgets by halves: a pause between batches does not throw the depth away.
        perSecond = Math.max(current, (perSecond + current) / 2);
        since += elapsed;
        count = 0;
      }
      return Math.min(most, Math.max(least, Math.ceil(perSecond * leadSeconds)));
    },
  };
}
