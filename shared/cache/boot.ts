import { readFileSync } from "node:fs";
import os from "node:os";

/**
 * Names this run of the machine: files written before the last start may have lost their last bytes with the power.
 * Where the system has no such name it is the minute it started in, so that a clock that jumps makes another name; the
 * price of that is one more check of files that are whole.
 */
export function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return `started-${Math.round((Date.now() - os.uptime() * 1000) / 60_000)}`;
  }
}
