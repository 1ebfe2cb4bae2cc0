import { readFileSync } from "node:fs";

/** Processor time used so far, in microseconds. */
export interface ProcessorTime {
  /** By this process, its threads included. */
  readonly own: number;
  /** By processes that it started and that have ended; undefined where the system does not tell. */
  readonly children: number | undefined;
}

export function processorTime(): ProcessorTime {
  const { user, system } = process.cpuUsage();
  return { own: user + system, children: childrensTime() };
}

/** Linux counts in hundredths of a second: good enough for seconds of work. */
const tickMicroseconds = 10_000;

function childrensTime(): number | undefined {
  try {
    // The second field is the program's name in parentheses, which may hold spaces; those wanted are the 16th and 17th.
    const fields = readFileSync("/proc/self/stat", "latin1").split(") ").at(-1)?.split(" ") ?? [];
    return (Number(fields[13]) + Number(fields[14])) * tickMicroseconds;
  } catch {
    return undefined;
  }
}
