/**
 * The life of a daemon, as a pure function. Timers, signals and queues live around it.
 *
 * ```
 * starting ─► running ─drain─► draining ─idle─► stopped
 *     │          │                │                ▲
 *     └──stop────┴──────stop──────┴─► stopping ─idle┤
 *                                        │ stop, grace_over
 *                                        └─► aborting ─idle─┘
 * ```
 * - *running* leases and starts tasks; *draining* starts what it has leased and leases nothing more;
 * - *stopping* gives back what has not started and finishes what has;
 * - *aborting* gives up what runs and gives it back too;
 * - *idle* says that nothing is in hand any more: every message was settled or given back.
 */
export type DaemonState = "starting" | "running" | "draining" | "stopping" | "aborting" | "stopped";

export type LifecycleEvent = "started" | "drain" | "stop" | "grace_over" | "idle";

const transitions: Readonly<Record<DaemonState, Readonly<Partial<Record<LifecycleEvent, DaemonState>>>>> = {
  starting: { started: "running", drain: "draining", stop: "stopping" },
  running: { drain: "draining", stop: "stopping" },
  draining: { stop: "stopping", idle: "stopped" },
  stopping: { stop: "aborting", grace_over: "aborting", idle: "stopped" },
  aborting: { idle: "stopped" },
  stopped: {},
};

/** The state after `event`; an event that means nothing in a state leaves it as it is. */
export function next(state: DaemonState, event: LifecycleEvent): DaemonState {
  return transitions[state][event] ?? state;
}

export function mayLease(state: DaemonState): boolean {
  return state === "running";
}

export function mayStart(state: DaemonState): boolean {
  return state === "running" || state === "draining";
}

/** Whether what has not started is given back. */
export function givesBack(state: DaemonState): boolean {
  return state === "stopping" || state === "aborting";
}
