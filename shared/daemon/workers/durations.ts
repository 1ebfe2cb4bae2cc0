/** Attempts that on average take longer than this, in milliseconds, are not sent ahead. */
const SHORT_MS = 10;
/** How much work is sent ahead to one worker, in milliseconds. */
const AHEAD_MS = 20;
/** How much the latest attempt counts in the average: one long attempt is not forgotten within a dozen short ones. */
const WEIGHT = 0.2;

/** How long attempts of each task type took lately, and so how many of them may wait in a worker. */
export interface Durations {
  took(name: string, milliseconds: number): void;
  /** How many attempts of the type one worker may have, the running one included: 1 for a type that is long or unknown. */
  depth(name: string): number;
}

/** @param most most attempts in one worker beside the running one */
export function createDurations(most: number): Durations {
  const averages = new Map<string, number>();
  return {
    took(name, milliseconds) {
      const average = averages.get(name);
      averages.set(name, average === undefined ? milliseconds : average + WEIGHT * (milliseconds - average));
    },
    depth(name) {
      const average = averages.get(name);
      if (average === undefined || average > SHORT_MS) return 1;
      return 1 + Math.min(most, Math.floor(AHEAD_MS / Math.max(average, 0.01)));
    },
  };
}
