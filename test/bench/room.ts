import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { constants } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";

/** Where the benchmark works: its directory and its processes, none of which outlives it. */
export interface Room {
  readonly directory: string;
  /** Calls `work` with a fresh directory, which is removed afterwards. */
  inFreshDirectory<Result>(work: (directory: string) => Promise<Result>): Promise<Result>;
  /** Runs a program to its end and gives what it wrote to standard output. @throws with what it wrote to standard error */
  run(command: string, words: readonly string[], options?: RunOptions): Promise<string>;
}

export interface RunOptions {
  readonly directory?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

const prefix = "simpletasks-bench-";

/**
 * @param parent an existing directory on the file system that is to be measured
 */
export function openRoom(parent: string): Room {
  const directory = mkdtempSync(path.join(parent, prefix));
  const children = new Set<ChildProcess>();
  // Also when this process is told to end: its threads end with it, and its workers when their orders' pipe does.
  process.on("exit", () => {
    for (const child of children) endGroup(child);
    rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => process.exit(128 + constants.signals[signal]));
  }
  return {
    directory,
    async inFreshDirectory(work) {
      const fresh = await mkdtemp(path.join(directory, "round-"));
      try {
        return await work(fresh);
      } finally {
        await rm(fresh, { recursive: true, force: true });
      }
    },
    async run(command, words, options = {}) {
      const child = spawn(command, words, {
        cwd: options.directory ?? directory,
        env: { ...process.env, ...options.environment },
        stdio: ["ignore", "pipe", "pipe"],
        // A group of its own: what it starts ends with it.
        detached: true,
      });
      children.add(child);
      try {
        const [out, errors, [code]] = await Promise.all([
          text(child.stdout),
          text(child.stderr),
          once(child, "close"),
        ]);
        if (code !== 0)
          throw new Error(`${command} ${words.join(" ")} ended with ${String(code)}:\n${errors}`);
        return out;
      } finally {
        children.delete(child);
      }
    },
  };
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
