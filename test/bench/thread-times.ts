import { readdirSync, readFileSync } from "node:fs";
import { processorTime } from "./processor-time.ts";

/** Processor time in microseconds: of the daemon's threads by what they do, and of its workers. */
export type ThreadTimes = Readonly<Record<ThreadKind, number>>;

export const threadKinds = [
  "main thread",
  "queue thread",
  "lease thread",
  "file threads",
  "V8's own threads",
  "worker processes",
] as const;
type ThreadKind = (typeof threadKinds)[number];

/** By the names that the system shows. */
const kindByName: Readonly<Record<string, ThreadKind>> = {
  MainThread: "main thread",
  queue: "queue thread",
  leases: "lease thread",
  "libuv-worker": "file threads",
  V8Worker: "V8's own threads",
};

const sampleMilliseconds = 50;
const tickMicroseconds = 10_000;

/** Where Linux tells what each thread has used. */
export function canTimeThreads(): boolean {
  return timesOfThreads().length > 0;
}

/** Adds up what this process's threads use until it is told to stop, those that end meanwhile included. */
export function watchThreads(): { stop(): ThreadTimes } {
  const last = new Map<string, ThreadTime>();
  const look = (): void => {
    for (const time of timesOfThreads()) last.set(time.id, time);
  };
  look();
  const timer = setInterval(look, sampleMilliseconds);
  return {
    stop() {
      clearInterval(timer);
      look();
      const times = Object.fromEntries(threadKinds.map((kind) => [kind, 0])) as Record<ThreadKind, number>;
      for (const { name, microseconds } of last.values()) {
        const kind = kindByName[name];
        if (kind !== undefined) times[kind] += microseconds;
      }
      times["worker processes"] = processorTime().children ?? 0;
      return times;
    },
  };
}

interface ThreadTime {
  readonly id: string;
  readonly name: string;
  readonly microseconds: number;
}

function timesOfThreads(): readonly ThreadTime[] {
  const directory = "/proc/self/task";
  try {
    return readdirSync(directory).flatMap((id) => {
      try {
        return [parseStat(id, readFileSync(`${directory}/${id}/stat`, "latin1"))];
      } catch {
        // It has ended since.
        return [];
      }
    });
  } catch {
    return [];
  }
}

/** `ID (NAME) STATE …`: the 14th and 15th fields are the times in user and system mode. */
function parseStat(id: string, text: string): ThreadTime {
  const nameEnd = text.lastIndexOf(")");
  const fields = text.slice(nameEnd + 2).split(" ");
  return {
    id,
    name: text.slice(text.indexOf("(") + 1, nameEnd),
    microseconds: (Number(fields[11]) + Number(fields[12])) * tickMicroseconds,
  };
}
