import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";

/** One system call of a traced process. */
export interface SystemCall {
  readonly name: string;
  /** As strace shows them, paths of descriptors included. */
  readonly arguments: string;
  /** What it returned, as a text: "0". */
  readonly result: string;
  /** Places in the trace: one call happened before another when it had ended before that one began. */
  readonly began: number;
  readonly ended: number;
}

const writing = "write,pwrite64,writev,pwritev,ftruncate,copy_file_range,ioctl";
// A question mark: not every kind of machine has this call.
const naming = "?rename,?renameat,renameat2,?link,linkat,?unlink,unlinkat";
const traced = `fsync,fdatasync,${writing},${naming}`;

/**
 * Runs a program to its end under strace, its processes and threads included.
 * @param file where strace may write
 */
export async function traceCalls(
  words: readonly string[],
  file: string,
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<{ readonly code: number | null; readonly errors: string; readonly calls: readonly SystemCall[] }> {
  // Enough of what is written to find a report in a page of SQLite.
  const flags = ["-f", "-y", "-s", "10000", "-e", `trace=${traced}`, "-o", file];
  const child = spawn("strace", [...flags, ...words], { ...options, stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, errors, calls: parseTrace(await readFile(file, "utf8")) };
}

/** The calls of a trace, in the order in which they began. A call that another thread's interrupts stands on two lines. */
export function parseTrace(trace: string): readonly SystemCall[] {
  const calls: SystemCall[] = [];
  const unfinished = new Map<string, { readonly text: string; readonly began: number }>();
  for (const [place, line] of trace.split("\n").entries()) {
    const [, thread = "", text = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const interrupted = /^(.*) <unfinished \.\.\.>$/.exec(text);
    if (interrupted !== null) {
      unfinished.set(thread, { text: interrupted[1] ?? "", began: place });
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text);
    const first = resumed === null ? undefined : unfinished.get(thread);
    const whole = resumed === null ? text : (first?.text ?? "") + (resumed[1] ?? "");
    const [, name, words, result] = /^(\w+)\((.*)\) += (.*)$/.exec(whole) ?? [];
    if (name === undefined || words === undefined || result === undefined) continue;
    calls.push({ name, arguments: words, result, began: first?.began ?? place, ended: place });
  }
  return calls.toSorted((a, b) => a.began - b.began);
}

/** The path of the descriptor that a call is about: its first argument, or its third for `copy_file_range`. */
export function fileOf(call: SystemCall): string | undefined {
  const paths = [...call.arguments.matchAll(/\d+<([^>]*)>/g)].map(([, path]) => path);
  return call.name === "copy_file_range" ? paths[1] : paths[0];
}
