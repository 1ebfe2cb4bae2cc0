import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { end, type Ended, type Folder } from "../daemon/cli/command-line.ts";

/** The built command `daemon` at work. */
export interface RunningDaemon {
  readonly pid: number | undefined;
  /** Resolves when `count` lines of its log match, counted from its start; to what the pattern's group found in each. */
  said(pattern: RegExp, count?: number): Promise<readonly string[]>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<Ended>;
}

/** Starts `simpletasks daemon --json WORDS` in a folder; it is killed when the test is over. */
export function startDaemon(folder: Folder, words: readonly string[]): RunningDaemon {
  const child = folder.start(["daemon", "--json", ...words]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  const watchers = new Set<() => void>();
  createInterface({ input: child.stderr }).on("line", (line) => {
    lines.push(line);
    for (const look of watchers) look();
  });
  const ended = end(child);
  return {
    pid: child.pid,
    ended,
    kill: (signal) => void child.kill(signal),
    said(pattern, count = 1) {
      const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
      const look = (): void => {
        const found = lines.flatMap((line) => pattern.exec(line)?.slice(0, 2).at(-1) ?? []);
        if (found.length >= count) resolve(found);
      };
      watchers.add(look);
      look();
      void ended.then(({ code, err }) =>
        reject(new Error(`The daemon ended with ${code} and had not said ${pattern}:\n${err}`)),
      );
      return promise.finally(() => watchers.delete(look));
    },
  };
}

/** Makes the folder a workspace with a task file of the tests. */
export function addTaskFile(folder: Folder, file: URL): void {
  mkdirSync(folder.file("tasks"), { recursive: true });
  writeFileSync(folder.file("simpletasks.json"), "{}");
  const path = fileURLToPath(file);
  copyFileSync(path, folder.file("tasks", basename(path)));
}
