import type { Queue } from "../queue.ts";

/** One demand on a queue. */
export interface QueueRow {
  /** What a queue does, as a sentence without its subject. */
  readonly name: string;
  run(context: QueueRowContext): Promise<void>;
}

export interface QueueRowContext {
  /** Empty, closed afterwards. */
  readonly queue: Queue;
  /** Another empty queue, closed afterwards. */
  openAnother(): Promise<Queue>;
  /** A lease that a row waits for to lapse, in seconds. */
  readonly shortLease: number;
  /** A delay that a row waits for, in seconds. */
  readonly shortDelay: number;
  /** How long a row waits for what must come, in seconds. */
  readonly patience: number;
}

/** A lease that outlasts every row, in seconds. */
export const longLease = 600;
