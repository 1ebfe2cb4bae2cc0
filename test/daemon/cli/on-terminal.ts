import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { programFile, type Folder } from "./command-line.ts";

/** Whether this machine can give a program a terminal: `script` belongs to every Debian. */
export const hasTerminal = process.platform === "linux" && existsSync("/usr/bin/script");

export interface OnTerminal {
  readonly code: number | null;
  /** What the screen got: both outputs, and what was typed. */
  readonly screen: string;
}

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** Keys to press, each once the screen shows the text before it. */
  readonly keys?: readonly (readonly [shown: string, keys: string])[];
}

/** Runs `simpletasks WORDS` in a folder, on a terminal of its own. */
export async function runOnTerminal(
  folder: Folder,
  words: readonly string[],
  { columns = 80, rows = 24, environment = {}, keys = [] }: TerminalOptions = {},
): Promise<OnTerminal> {
  const typed = [process.execPath, programFile, ...words].map(quoted).join(" ");
  const command = `stty cols ${columns} rows ${rows}; exec ${typed}`;
  const child = spawn("/usr/bin/script", ["-qec", command, "/dev/null"], {
    cwd: folder.path,
    env: { PATH: process.env["PATH"], HOME: folder.path, TERM: "xterm", NO_COLOR: "1", ...environment },
  });
  let screen = "";
  const waiting = [...keys];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
    const [next] = waiting;
    if (next === undefined || !screen.includes(next[0])) return;
    waiting.shift();
    child.stdin.write(next[1]);
  });
  child.stdin.on("error", () => {});
  const [code]: (number | null)[] = await once(child, "close");
  return { code: code ?? null, screen: screen.replaceAll(/\r+\n/g, "\n") };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
