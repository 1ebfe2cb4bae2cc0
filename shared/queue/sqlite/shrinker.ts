import type { Store } from "./store.ts";
import type { WriteLock } from "./write-lock.ts";

/** Gives room that a queue file no longer needs back to its disk, in small steps that nobody has to wait for. */
export interface Shrinker {
  /** Something was written: there may be more to give back, and now is not the time. */
  disturb(): void;
  /**
   * One step, when it is due. To be called when there is nothing else to do.
   * @returns the milliseconds after which the next is due: 0 at once, Infinity when there is nothing to give back
   */
  step(): number;
  /** Before the file is closed: steps for some milliseconds, if this process has written. */
  finish(): void;
}

export interface ShrinkerOptions {
  readonly store: Pick<Store, "begin" | "commit" | "rollback" | "space">;
  readonly lock: WriteLock;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

/** It steps once nobody has written for this long, */
const quietMs = 1000;
/** or, where it is never quiet, once it has waited this long; then with pauses. */
const patienceMs = 60_000;
const pauseMs = 100;
const longestFinishMs = 500;

/** Free pages are kept for what comes next, unless they are as many and such a part of the file. A page has 8 KB. */
const worthwhile = { pages: 1024, part: 1 / 4 };
/** A step moves so many pages from the file's end into free ones: a few milliseconds. */
const stepPages = 512;
/** The log may keep so much. */
const longestLog = 8 * 1024 * 1024;

/** `hindered`: somebody else writes just now, and goes first. */
type Worked = "stepped" | "hindered" | "done";

export function createShrinker({ store, lock, now = () => performance.now() }: ShrinkerOptions): Shrinker {
  const { space } = store;
  // What others left behind is looked at too.
  let disturbed: { readonly since: number; at: number } | undefined = { since: now(), at: now() };
  let written = false;
  let shrinking = false;
  let lastStep = -Infinity;

  const isWorthwhile = (): boolean => {
    const free = space.freePages();
    return free > 0 && (shrinking || (free >= worthwhile.pages && free >= space.pages() * worthwhile.part));
  };

  const work = (): Worked => {
    if (isWorthwhile()) {
      shrinking = true;
      if (
        !lock.acquire(
          () => store.begin(false),
          () => false,
        )
      )
        return "hindered";
      space.giveBack(stepPages);
      store.commit();
      return "stepped";
    }
    if (shrinking || space.logBytes() > longestLog) space.emptyLog();
    shrinking = false;
    return "done";
  };

  /** What fails here fails nobody: the file stays as long as it is, and the next who writes learns of the trouble. */
  const tryWork = (): Worked => {
    try {
      return work();
    } catch {
      store.rollback();
      return "done";
    }
  };

  return {
    disturb() {
      const at = now();
      written = true;
      if (disturbed === undefined) disturbed = { since: at, at };
      else disturbed.at = at;
    },

    step() {
      if (disturbed === undefined) return Infinity;
      const time = now();
      const anyway = Math.max(disturbed.since + patienceMs, lastStep + pauseMs);
      const due = Math.min(disturbed.at + quietMs, anyway);
      if (time < due) return due - time;
      lastStep = time;
      const worked = tryWork();
      if (worked === "stepped" && time >= disturbed.at + quietMs) return 0;
      if (worked !== "done") return pauseMs;
      disturbed = undefined;
      return Infinity;
    },

    finish() {
      if (!written) return;
      const deadline = now() + longestFinishMs;
      while (tryWork() === "stepped" && now() < deadline);
    },
  };
}
