/** Least time between two reports of one attempt, in milliseconds. */
const INTERVAL_MS = 100;

export interface ProgressReports {
  report(fraction: number, note: string | undefined): void;
  /** Gives the last report, if it was held back: the attempt is over. */
  finish(): void;
}

/** Passes on about ten reports a second, however many come; the last one always. */
export function createProgressReports(
  tell: (fraction: number, note: string | undefined) => void,
): ProgressReports {
  let toldAt = -Infinity;
  let held: { readonly fraction: number; readonly note: string | undefined } | undefined;
  let timer: NodeJS.Timeout | undefined;

  function tellHeld(): void {
    clearTimeout(timer);
    timer = undefined;
    if (held === undefined) return;
    const { fraction, note } = held;
    held = undefined;
    toldAt = performance.now();
    tell(fraction, note);
  }

  return {
    report(fraction, note) {
      held = { fraction, note };
      const wait = toldAt + INTERVAL_MS - performance.now();
      // Told at once where it may be: user code that blocks the event loop gives a timer no chance.
      if (wait <= 0) tellHeld();
      else timer ??= setTimeout(tellHeld, wait).unref();
    },
    finish: tellHeld,
  };
}
