import { describe, expect, test } from "vitest";
import {
  givesBack,
  mayLease,
  mayStart,
  next,
  type DaemonState,
  type LifecycleEvent,
} from "../../../shared/daemon/state.ts";

const events: readonly LifecycleEvent[] = ["started", "drain", "stop", "grace_over", "idle"];

/** Rows: state. Columns: the state after started, drain, stop, grace_over, idle. */
const table: Readonly<Record<DaemonState, readonly DaemonState[]>> = {
  starting: ["running", "draining", "stopping", "starting", "starting"],
  running: ["running", "draining", "stopping", "running", "running"],
  draining: ["draining", "draining", "stopping", "draining", "stopped"],
  stopping: ["stopping", "stopping", "aborting", "aborting", "stopped"],
  aborting: ["aborting", "aborting", "aborting", "aborting", "stopped"],
  stopped: ["stopped", "stopped", "stopped", "stopped", "stopped"],
};

describe("the daemon's life", () => {
  for (const [state, expected] of Object.entries(table) as [DaemonState, readonly DaemonState[]][]) {
    test(`${state}: every event leads where the table says`, () => {
      expect(events.map((event) => next(state, event))).toEqual(expected);
    });
  }

  test("only a running daemon leases; a draining one still starts what it has; a stopping one gives back", () => {
    const states = Object.keys(table) as DaemonState[];
    expect(states.filter(mayLease)).toEqual(["running"]);
    expect(states.filter(mayStart)).toEqual(["running", "draining"]);
    expect(states.filter(givesBack)).toEqual(["stopping", "aborting"]);
  });
});
