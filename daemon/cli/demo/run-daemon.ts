import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import path from "node:path";
import { finished } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { SimpleTasksError } from "../../../shared/errors.ts";
import { programUrl } from "../../../shared/program.ts";

const summarySchema = z.object({
  succeeded: z.number(),
  failed: z.number(),
  seconds: z.number(),
  cache_downloads: z.number(),
});

/** What `daemon --json` sums up. */
export type DaemonRun = z.infer<typeof summarySchema>;

/**
 * Runs `simpletasks daemon --until-drained` as a program of its own, as a person would, with its log in a file.
 * @throws `io` when it ends otherwise than drained; its log says why
 */
export async function runDaemon(options: {
  readonly words: readonly string[];
  readonly directory: string;
  readonly logFile: string;
  readonly signal: AbortSignal;
}): Promise<DaemonRun> {
  const { words, directory, logFile, signal } = options;
  const program = fileURLToPath(programUrl(import.meta.url, "../main.ts", "cli.mjs"));
  const log = createWriteStream(logFile, { flags: "a", mode: 0o600 });
  const child = spawn(process.execPath, [program, "daemon", "--until-drained", "--json", ...words], {
    cwd: directory,
    // What the demo leaves lies in its directory alone.
    env: { ...process.env, XDG_STATE_HOME: path.join(directory, ".state") },
    stdio: ["ignore", "pipe", "pipe"],
    // Out of reach of the terminal's Ctrl-C: it would count as a second signal, beside the one sent here.
    detached: true,
  });
  const stop = (): void => {
    child.kill("SIGTERM");
  };
  signal.addEventListener("abort", stop);
  child.stderr.pipe(log);
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  try {
    const [code] = await once(child, "close");
    await finished(log);
    if (signal.aborted) throw new SimpleTasksError("aborted", "the demo was stopped");
    if (code === 0) return summarySchema.parse(JSON.parse(output));
    throw new SimpleTasksError("io", `the daemon ended with exit code ${code}`, {
      hint: `Its log: ${logFile}`,
    });
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
