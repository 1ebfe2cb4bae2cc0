/** Runs a thread's rounds: at once when something has happened, else when the round before said that the next is due. */
export interface Turns extends Disposable {
  /** Something has happened: a round comes as soon as what has arrived is taken in. Nothing after the end. */
  soon(): void;
}

/** A timer reaches no further, in milliseconds. */
const furthest = 2 ** 31 - 1;

/**
 * Once disposed, also within a round, it runs none and leaves no timer behind: one would keep the thread, and with it the
 * program, waiting for nothing.
 *
 * @param round gives the milliseconds after which the next is due: 0 at once, Infinity when only an event makes one
 */
export function createTurns(round: () => number): Turns {
  let scheduled: NodeJS.Immediate | undefined;
  let timer: NodeJS.Timeout | undefined;
  let ended = false;

  function soon(): void {
    if (!ended) scheduled ??= setImmediate(run);
  }

  function run(): void {
    scheduled = undefined;
    clearTimeout(timer);
    const delay = round();
    if (ended) return;
    if (delay === 0) soon();
    // A lease or delay may lie further ahead than a timer reaches; then it is looked at once more on the way.
    else if (delay < Infinity) timer = setTimeout(run, Math.min(Math.ceil(delay), furthest));
  }

  return {
    soon,
    [Symbol.dispose]() {
      ended = true;
      clearImmediate(scheduled);
      clearTimeout(timer);
    },
  };
}
