import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  rmdirSync,
  statSync,
  unlinkSync,
  utimesSync,
} from "node:fs";
import path from "node:path";
import { makeDirectorySync } from "../../make-directory.ts";

/**
 * The line of those who wait for a file's write lock: one ticket, an empty file, for each, in a directory that exists
 * only while somebody waits. A ticket's name begins with the system-wide monotonic clock, so names sort by age.
 *
 * Invariant: nobody begins a transaction who has seen an older live ticket than his own; without a ticket, any live one.
 * So, while a ticket waits, those ahead of it go first, and everyone else passes it at most once: with the
 * transaction for which he had looked at the line just before the ticket lay there.
 */
export interface Line {
  /** Whether anybody alive waits. Costs one look for the directory when nobody does. */
  someoneWaits(): boolean;
  join(): Ticket;
}

export interface Ticket {
  /** Whether no older live ticket waits. */
  isFirst(): boolean;
  /** Must be called at least every second, or others pass over the ticket. */
  keepAlive(): void;
  leave(): void;
}

/** A ticket untouched for so long belongs to a process that died or was stopped: others pass over it. */
const passedOverAfterMs = 1000;
/** And for so long: it is removed. */
const removedAfterMs = 10_000;

/** @param directory absolute; its parent exists */
export function createLine(directory: string): Line {
  /** The oldest live ticket but `mine`, up to and excluding `before`. Removes tickets of the dead as it meets them. */
  const liveTicketBefore = (before: string | undefined): boolean => {
    for (const name of ticketNames(directory)) {
      if (before !== undefined && name >= before) return false;
      const age = ageOf(path.join(directory, name));
      if (age === undefined) continue;
      if (age < passedOverAfterMs) return true;
      if (age > removedAfterMs) remove(directory, name);
    }
    return false;
  };

  return {
    someoneWaits: () => existsSync(directory) && liveTicketBefore(undefined),

    join() {
      const name = `${String(process.hrtime.bigint()).padStart(20, "0")}-${process.pid}-${randomBytes(4).toString("hex")}`;
      put(directory, name);
      return {
        isFirst: () => !liveTicketBefore(name),
        keepAlive() {
          const now = Date.now() / 1000;
          try {
            utimesSync(path.join(directory, name), now, now);
          } catch {
            // Removed while this process was stopped: it takes its old place again.
            put(directory, name);
          }
        },
        leave: () => remove(directory, name),
      };
    },
  };
}

function ticketNames(directory: string): readonly string[] {
  try {
    return readdirSync(directory).toSorted();
  } catch {
    return [];
  }
}

/** Milliseconds since the ticket was touched, or undefined when it is gone. */
function ageOf(ticket: string): number | undefined {
  const status = statSync(ticket, { throwIfNoEntry: false });
  return status === undefined ? undefined : Math.abs(Date.now() - status.mtimeMs);
}

function put(directory: string, name: string): void {
  for (;;) {
    makeDirectorySync(directory, 0o700);
    try {
      closeSync(openSync(path.join(directory, name), "w", 0o600));
      return;
    } catch (error) {
      // The last one to leave removes the directory, perhaps just now.
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
  }
}

function remove(directory: string, name: string): void {
  try {
    unlinkSync(path.join(directory, name));
  } catch {
    // Somebody who thought us dead was faster.
  }
  try {
    rmdirSync(directory);
  } catch {
    // Others wait.
  }
}
