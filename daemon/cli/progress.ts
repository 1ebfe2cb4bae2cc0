import type { Terminal } from "./terminal.ts";

/** Milliseconds between two status lines: often enough for eyes, seldom enough to cost nothing. */
const INTERVAL = 100;

/** Shows how far something is, no oftener than eyes can follow. */
export function openProgress(
  terminal: Terminal,
  now: () => number = () => performance.now(),
): (describe: () => string) => void {
  let next = -Infinity;
  return (describe) => {
    if (!terminal.showsStatus || now() < next) return;
    next = now() + INTERVAL;
    terminal.status(describe());
  };
}
