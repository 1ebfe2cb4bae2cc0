import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The built program. */
export const programFile = fileURLToPath(new URL("../../../dist/cli.mjs", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** An empty folder in which commands are typed, and which nothing outside knows of. */
export interface Folder extends AsyncDisposable {
  readonly path: string;
  file(...parts: string[]): string;
  /** Runs `simpletasks WORDS` here to its end. */
  run(words: readonly string[], options?: RunOptions): Promise<Ended>;
  /** Starts `simpletasks WORDS` here. */
  start(words: readonly string[], options?: RunOptions): ChildProcessWithoutNullStreams;
}

export interface RunOptions {
  /** Standard input. Default: empty. */
  readonly input?: string | Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  /** Words for Node itself, before the program. */
  readonly node?: readonly string[];
  /** A folder below this one in which it is typed. */
  readonly directory?: string;
}

export async function makeFolder(): Promise<Folder> {
  const directory = await realpath(await mkdtemp(path.join(os.tmpdir(), "simpletasks-cli-")));
  const start: Folder["start"] = (words, { environment = {}, node = [], directory: below = "" } = {}) =>
    spawn(process.execPath, [...node, programFile, ...words], {
      cwd: path.join(directory, below),
      env: { PATH: process.env["PATH"], HOME: directory, ...environment },
    });
  return {
    path: directory,
    file: (...parts) => path.join(directory, ...parts),
    start,
    async run(words, options = {}) {
      const child = start(words, options);
      child.stdin.on("error", () => {});
      child.stdin.end(options.input ?? "");
      return await end(child);
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

/** What a program wrote, once it has ended. */
export async function end(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  const output = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.err += text;
  });
  const [code]: (number | null)[] = await once(child, "close");
  return { code: code ?? null, ...output };
}

/** A task that needs no file, as one line. */
export function emptyTask(id: number | string): string {
  return `{"task":"NO_OP","base_directory":"data","id":${id}}`;
}
