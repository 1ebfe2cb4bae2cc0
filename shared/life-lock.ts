import { rmSync, statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { loadSqlite, SQLITE_BUSY, sqliteCode } from "./sqlite.ts";

/**
 * An exclusive SQLite lock on a file, held as long as its process lives: the operating system drops it at the process's
 * death, however it dies. So there is no heartbeat to miss, and no process id that another process may have by now.
 */
export interface LifeLock {
  /** Drops the lock and removes its file. */
  release(): void;
}

/** Makes the file and locks it. For a moment it is there and not locked: who removes what is dead must allow for that. */
export function takeLifeLock(file: string): LifeLock {
  const { DatabaseSync } = loadSqlite();
  const lock: DatabaseSync = new DatabaseSync(file, { timeout: 0 });
  // The journal stays in memory: one file less per process, and nothing to roll back after a death.
  lock.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  return {
    release() {
      lock.close();
      rmSync(file, { force: true });
    },
  };
}

/** Whether the process that took the lock still lives; true for a lock of this very process, too. */
export function isLifeLockHeld(file: string): boolean {
  if (statSync(file, { throwIfNoEntry: false }) === undefined) return false;
  const { DatabaseSync } = loadSqlite();
  const probe = new DatabaseSync(file, { timeout: 0 });
  try {
    // Reading takes a shared lock: it fails against the owner's, but two who ask at once do not see each other.
    probe.prepare("PRAGMA schema_version").get();
    return false;
  } catch (error) {
    // Any other error: it is not a file of ours any more.
    return sqliteCode(error) === SQLITE_BUSY;
  } finally {
    probe.close();
  }
}
