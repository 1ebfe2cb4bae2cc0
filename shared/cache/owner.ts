import { randomUUID } from "node:crypto";
import { readdirSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { isLifeLockHeld, takeLifeLock } from "../life-lock.ts";
import type { Layout } from "./layout.ts";

/** An owner is one opened cache in one process; it holds a lock on a file of its own as long as it lives. An id is never given twice. */
export interface Owner {
  readonly id: string;
  /** Whether the lock file is still there; somebody may have emptied the cache directory under us. */
  isRegistered(): boolean;
  close(): void;
}

/** Only inside a transaction on the index: between making the file and locking it the owner looks dead to others. */
export function registerOwner(layout: Layout, id: string = randomUUID()): Owner {
  const file = lockFile(layout, id);
  const lock = takeLifeLock(file);
  return {
    id,
    isRegistered: () => statSync(file, { throwIfNoEntry: false }) !== undefined,
    close: () => lock.release(),
  };
}

/** Whether the process of that owner still lives. True for an owner of this very process, too. */
export function isAlive(layout: Layout, id: string): boolean {
  return isLifeLockHeld(lockFile(layout, id));
}

/** Every owner that has a lock file, a work folder or a folder of partial files, dead or alive. */
export function knownOwners(layout: Layout): Set<string> {
  const locks = readdirSync(layout.owners)
    .filter((name) => name.endsWith(LOCK_SUFFIX))
    .map((name) => name.slice(0, -LOCK_SUFFIX.length));
  return new Set([...locks, ...readdirSync(layout.work), ...readdirSync(layout.partial)]);
}

/** Forgets a dead owner's lock. Its folders are removed by the caller, outside of any transaction: they may be large. */
export function removeLock(layout: Layout, id: string): void {
  rmSync(lockFile(layout, id), { force: true });
}

/** The folders in which an owner's own files lie. */
export function ownerFolders(
  layout: Layout,
  id: string,
): { readonly work: string; readonly partial: string } {
  return { work: path.join(layout.work, id), partial: path.join(layout.partial, id) };
}

const LOCK_SUFFIX = ".lock";

function lockFile(layout: Layout, id: string): string {
  return path.join(layout.owners, id + LOCK_SUFFIX);
}
