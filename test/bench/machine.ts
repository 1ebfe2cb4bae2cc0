import { readFileSync, realpathSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/** On what was measured. */
export interface Machine {
  readonly processor: string;
  /** How many processors this process may use. */
  readonly processors: number;
  readonly memoryGiB: number;
  /** File system and device of the directory that was used. */
  readonly disk: string;
  readonly system: string;
  readonly node: string;
  /** SimpleTasks' own version. */
  readonly version: string;
  readonly startedAt: string;
  /** Mean number of processes that wanted a processor in the minute before. */
  readonly load: number;
}

export function describeMachine(directory: string): Machine {
  return {
    processor: os.cpus()[0]?.model.trim() ?? "unknown processor",
    processors: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    disk: diskOf(directory),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
    version: ownVersion(),
    startedAt: new Date().toISOString(),
    load: os.loadavg()[0] ?? 0,
  };
}

/** Whether others used the processors before the benchmark began. */
export function isBusy({ load, processors }: Machine): boolean {
  return load > processors / 4;
}

function ownVersion(): string {
  const file = new URL("../../package.json", import.meta.url);
  const { version }: { version: string } = JSON.parse(readFileSync(file, "utf8"));
  return version;
}

/** As Linux tells it: the mount whose place is the longest that leads to the directory. */
function diskOf(directory: string): string {
  try {
    const real = realpathSync(directory);
    let found: { place: string; words: string } | undefined;
    for (const line of readFileSync("/proc/self/mounts", "utf8").split("\n")) {
      const [device = "", place = "", type = ""] = line.split(" ");
      const leads = place !== "" && !path.relative(place, real).startsWith("..");
      if (leads && place.length >= (found?.place.length ?? 0))
        found = { place, words: `${type} on ${device}` };
    }
    return found?.words ?? "unknown file system";
  } catch {
    return "unknown file system";
  }
}
