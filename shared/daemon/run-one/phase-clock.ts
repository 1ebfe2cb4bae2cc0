import type { Phase } from "../runner.ts";

export interface PhaseTime {
  readonly phase: Phase;
  readonly seconds: number;
}

/** Measures how long an attempt spends in each phase: from its entry to the next one's. */
export interface PhaseClock {
  enter(phase: Phase): void;
  /** Ends the last phase. Gives them all, in the order in which they were first entered. */
  finish(): readonly PhaseTime[];
}

/** @param now in milliseconds */
export function createPhaseClock(now: () => number = () => performance.now()): PhaseClock {
  const spent = new Map<Phase, number>();
  let current: { readonly phase: Phase; readonly since: number } | undefined;

  function leave(): number {
    const moment = now();
    if (current !== undefined) {
      spent.set(current.phase, (spent.get(current.phase) ?? 0) + moment - current.since);
    }
    current = undefined;
    return moment;
  }

  return {
    enter(phase) {
      const since = leave();
      // Its place in the order is that of its first entry.
      if (!spent.has(phase)) spent.set(phase, 0);
      current = { phase, since };
    },
    finish() {
      leave();
      return [...spent].map(([phase, milliseconds]) => ({ phase, seconds: milliseconds / 1000 }));
    },
  };
}
