// What the set-up's steps have in common: one line about what is done, one clear sentence when it fails.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/** A step that failed; its message is one sentence, after the failed command's own output. */
export class SetupFailure extends Error {}

export function say(line) {
  console.error(`simpletasks: ${line}`);
}

/** Where the set-up keeps what does not belong into a checkout. */
export function cacheDirectory() {
  const base = process.platform === "win32" ? process.env.LOCALAPPDATA : process.env.XDG_CACHE_HOME;
  return path.join(base && path.isAbsolute(base) ? base : path.join(os.homedir(), ".cache"), "simpletasks");
}

/** This environment, with `node` first on the path, so that what npm and the tests start by name is the same Node. */
export function environmentWith(node) {
  const key = Object.keys(process.env).find((name) => name.toUpperCase() === "PATH") ?? "PATH";
  return {
    ...process.env,
    [key]: [path.dirname(node), process.env[key]].filter(Boolean).join(path.delimiter),
  };
}

/** Runs a command to its end, silently; its output is shown only when it fails. */
export async function run(what, command, words, options = {}) {
  const child = spawn(command, words, { stdio: ["ignore", "pipe", "pipe"], ...options });
  const output = [];
  child.stdout.on("data", (chunk) => output.push(chunk));
  child.stderr.on("data", (chunk) => output.push(chunk));
  const end = await new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code === 0 ? undefined : (signal ?? `exit code ${code}`)));
  });
  const text = Buffer.concat(output).toString();
  if (end !== undefined) {
    process.stderr.write(text === "" || text.endsWith("\n") ? text : `${text}\n`);
    throw new SetupFailure(
      `the step "${what}" failed (${end}): ${[path.basename(command), ...words].join(" ")}`,
    );
  }
  return text;
}

/** Runs npm under `node`: the npm that started this, else the one on the path. */
export async function runNpm(what, node, words, options = {}) {
  const env = environmentWith(node);
  const script = process.env.npm_execpath;
  if (script && /npm-cli\.c?js$/.test(script) && existsSync(script)) {
    return await run(what, node, [script, ...words], { env, ...options });
  }
  return await run(what, "npm", words, { env, shell: process.platform === "win32", ...options });
}
