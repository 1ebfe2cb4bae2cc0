import { createHash, randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { systemCode } from "./system-error.ts";

/*
 * A put writes to `.simpletasks-put-<machine>-<pid>-<uuid>` beside its target. Such a name would be a legal part of a
 * key, so a file bucket refuses keys with such a part: it stores none, and lists none.
 */
const PREFIX = ".simpletasks-put-";
const PATTERN = /^\.simpletasks-put-([0-9a-f]{12})-(\d+)-/;

/** Milliseconds after which nobody still writes a temporary file that has not grown. */
const ABANDONED_AFTER = 24 * 60 * 60 * 1000;

/** A new name that no other writer uses, now or later. */
export function temporaryName(): string {
  machine ??= thisMachine();
  return `${PREFIX}${machine}-${process.pid}-${randomUUID()}`;
}

/** Whether a name in a directory is kept for files that are still being written. */
export function isTemporaryName(name: string): boolean {
  return name.startsWith(PREFIX);
}

/**
 * Whether the writer of a temporary file is gone: its process has ended, where that can be told, or the file has not
 * been written to for a day.
 * @param modifiedAt of the file, in milliseconds since 1970
 */
export function isAbandoned(name: string, modifiedAt: number, now: number = Date.now()): boolean {
  if (now - modifiedAt > ABANDONED_AFTER) return true;
  machine ??= thisMachine();
  const writer = PATTERN.exec(name);
  return writer !== null && writer[1] === machine && !isRunning(Number(writer[2]));
}

let machine: string | undefined;

/**
 * Where a process id means the same process: this boot of this machine, this host name and this process namespace.
 * Containers that share a bucket, and machines that share a disk, must not judge each other's writers.
 */
function thisMachine(): string {
  const facts = [hostname()];
  for (const fact of [
    () => readFileSync("/proc/sys/kernel/random/boot_id", "utf8"),
    () => readlinkSync("/proc/self/ns/pid"),
  ]) {
    try {
      facts.push(fact());
    } catch {
      // Only Linux has these; elsewhere the host name must do.
    }
  }
  return createHash("sha256").update(facts.join("\n")).digest("hex").slice(0, 12);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== "ESRCH";
  }
}
