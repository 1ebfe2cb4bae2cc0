// `node test/bootstrap/start.mjs [PROGRAM [ARGUMENT …]]`
//
// Makes a fresh clone ready and then runs PROGRAM: a Node that it can run on, the dependencies that package-lock.json
// names, the build. What is there already is not done again. Runs on Node 18 and newer with nothing
// installed, so it is plain JavaScript and imports nothing but Node's own modules.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { installDependencies } from "./dependencies.mjs";
import { withLock } from "./lock.mjs";
import { findNode } from "./node-release.mjs";
import { cacheDirectory, environmentWith, run, say, SetupFailure } from "./steps.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { engines } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
const [program, ...rest] = process.argv.slice(2);
// What is built runs on every Node that `engines.node` allows. Tests run sources, too: those use `using`.
const neededNode = program?.startsWith("test/") ? ">=24.0" : engines.node;

try {
  const checkout = createHash("sha256").update(root).digest("hex").slice(0, 16);
  const node = await withLock(path.join(cacheDirectory(), `setup-${checkout}.lock`), async () => {
    const found = await findNode(neededNode);
    await installDependencies(root, found);
    await run("build", found, ["esbuild.mjs"], { cwd: root, env: environmentWith(found) });
    return found;
  });
  if (program === undefined) say("built: dist/");
  else process.exitCode = await runInFront(node, [path.resolve(root, program), ...rest]);
} catch (error) {
  if (!(error instanceof SetupFailure)) throw error;
  console.error(`simpletasks: ${error.message}`);
  process.exitCode = 1;
}

/** Runs the program with this terminal. Ctrl-C reaches both; this process waits for the program's own end. */
async function runInFront(node, words) {
  const { spawn } = await import("node:child_process");
  const child = spawn(node, words, { stdio: "inherit", env: environmentWith(node) });
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 1)));
  });
}
