import type { Line } from "./line.ts";

/** Takes turns at a file's write transactions with the other processes. */
export interface WriteLock {
  /**
   * Begins a transaction when this process's turn has come.
   *
   * @param tryBegin begins one unless somebody else is in one; never waits
   * @param whileWaiting is called between attempts; false gives up
   * @returns whether a transaction was begun
   */
  acquire(tryBegin: () => boolean, whileWaiting: () => boolean): boolean;
}

/** Milliseconds between attempts: of the first in line, who keeps everybody waiting, and of those behind him. */
const firstPause = 0.1;
const longestFirstPause = 2;
const behindPause = 1;
const keepAliveMs = 250;

export function createWriteLock(line: Line): WriteLock {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));

  const waitInLine = (tryBegin: () => boolean, whileWaiting: () => boolean): boolean => {
    const ticket = line.join();
    let pause = firstPause;
    let touched = performance.now();
    try {
      for (;;) {
        const first = ticket.isFirst();
        if (first && tryBegin()) return true;
        if (!whileWaiting()) return false;
        // A lock that is held long is held by a program outside the line: no hurry then.
        Atomics.wait(sleeper, 0, 0, first ? pause : behindPause);
        if (first) pause = Math.min(pause * 1.05, longestFirstPause);
        if (performance.now() - touched > keepAliveMs) {
          ticket.keepAlive();
          touched = performance.now();
        }
      }
    } finally {
      ticket.leave();
    }
  };

  return {
    acquire: (tryBegin, whileWaiting) =>
      (!line.someoneWaits() && tryBegin()) || waitInLine(tryBegin, whileWaiting),
  };
}
