/** What a daemon has done since `run`, and has in hand. */
export interface DaemonCounters {
  readonly succeeded: number;
  /** Reported to the error queue. */
  readonly failed: number;
  /** Failed attempts that were sent again. */
  readonly retried: number;
  /** Given back to the queue. */
  readonly returned: number;
  /** Leases that ended before their task did; somebody else has, or will have, the task. */
  readonly leasesLost: number;
  readonly waiting: number;
  readonly running: number;
}

/** The part of the counters that only grows. */
export type EndCounters = Omit<DaemonCounters, "waiting" | "running">;
