import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { programFile } from "../daemon/cli/command-line.ts";

/** Somebody who follows a page in an empty folder, with `simpletasks` installed. */
export interface Reader extends AsyncDisposable {
  /** The folder in which the page begins. */
  readonly folder: string;
  /** Writes a file where the reader is now. */
  write(file: string, text: string): Promise<void>;
  /** Types a command where the reader is now, and gives everything that it printed; `cd` moves the reader. */
  type(command: string): Promise<string>;
}

export async function openReader(): Promise<Reader> {
  const home = await realpath(await mkdtemp(path.join(os.tmpdir(), "simpletasks-docs-")));
  const folder = path.join(home, "work");
  const programs = path.join(home, "bin");
  await Promise.all([mkdir(folder), mkdir(programs)]);
  const program = `#!/bin/sh\nexec "${process.execPath}" "${programFile}" "$@"\n`;
  await writeFile(path.join(programs, "simpletasks"), program, { mode: 0o755 });
  const node = path.dirname(process.execPath);
  const env = { PATH: `${programs}:${node}:${process.env["PATH"]}`, HOME: home, TMPDIR: os.tmpdir() };
  let place = folder;
  return {
    folder,
    async write(file, text) {
      const target = path.join(place, file);
      await mkdir(path.dirname(target), { recursive: true });
      await writeFile(target, text);
    },
    async type(command) {
      const child = spawn("sh", ["-c", `{ ${command}\n} 2>&1; pwd >&3`], {
        cwd: place,
        env,
        stdio: ["ignore", "pipe", "inherit", "pipe"],
      });
      let printed = "";
      let next = "";
      child.stdio[1]?.setEncoding("utf8").on("data", (text: string) => (printed += text));
      child.stdio[3]?.on("data", (bytes: Buffer) => (next += bytes.toString()));
      await once(child, "close");
      if (next.trim() !== "") place = next.trim();
      return printed;
    },
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }),
  };
}
