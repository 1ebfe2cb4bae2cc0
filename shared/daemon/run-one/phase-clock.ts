import type { Phase } from "../runner.ts";

export interface PhaseTime {
  readonly phase: Phase;
  readonly seconds: number;
}

/** Measures how long an attempt spends in each phase: from its entry to the next one's, or until it is left. */
export interface PhaseClock {
  enter(phase: Phase): void;
  /** Ends the phase that it is in, if any. */
  leave(): void;
  /** Them all so far, in the order in which they were first entered. */
  times(): readonly PhaseTime[];
}

/** @param now in milliseconds */
export function createPhaseClock(now: () => number = () => performance.now()): PhaseClock {
  const spent = new Map<Phase, number>();
  let current: { readonly phase: Phase; readonly since: number } | undefined;

  function endPhase(): number {
    const moment = now();
    if (current !== undefined) {
      spent.set(current.phase, (spent.get(current.phase) ?? 0) + moment - current.since);
    }
    current = undefined;
    return moment;
  }

  return {
    enter(phase) {
      const since = endPhase();
      // Its place in the order is that of its first entry.
      if (!spent.has(phase)) spent.set(phase, 0);
      current = { phase, since };
    },
    leave() {
      endPhase();
    },
    times() {
      return [...spent].map(([phase, milliseconds]) => ({ phase, seconds: milliseconds / 1000 }));
    },
  };
}
