// Finds a Node that `engines.node` allows: the one that runs this, else Node 24 through the npm package `node`, kept
// outside the checkout for all of this person's checkouts.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { withLock } from "./lock.mjs";
import { cacheDirectory, run, runNpm, say, SetupFailure } from "./steps.mjs";

const release = 24;

/** The path of a Node that satisfies `range`, as `engines.node` writes it: `>=MAJOR.MINOR`. */
export async function findNode(range) {
  if (satisfies(process.versions.node, range)) return process.execPath;
  const home = path.join(cacheDirectory(), `node-${release}`);
  return await withLock(`${home}.lock`, async () => {
    const installed = path.join(home, executable);
    if (!runs(installed)) await install(home);
    if (!runs(installed)) {
      throw new SetupFailure(
        `this is Node ${process.versions.node}, ${range} is needed, and the one in ${home} does not run; ` +
          `install Node ${release} (https://nodejs.org) and try again`,
      );
    }
    return installed;
  });
}

export function satisfies(version, range) {
  const match = /^>=\s*(\d+)\.(\d+)/.exec(range);
  if (match === null)
    throw new SetupFailure(`engines.node in package.json is not of the form >=MAJOR.MINOR: ${range}`);
  const [major, minor] = version.split(".").map(Number);
  return major > Number(match[1]) || (major === Number(match[1]) && minor >= Number(match[2]));
}

const packageDirectory = path.join("node_modules", "node");
const executable = path.join(packageDirectory, "bin", process.platform === "win32" ? "node.exe" : "node");

/** Installs beside the place and moves it there whole: a set-up that was killed leaves nothing that looks finished. */
async function install(home) {
  say(`this is Node ${process.versions.node}; installing Node ${release} into ${home} (once)`);
  const partial = `${home}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  await writeFile(path.join(partial, "package.json"), JSON.stringify({ private: true }));
  const words = ["install", "--prefix", partial, "--no-save", "--no-audit", "--no-fund", `node@${release}`];
  await runNpm(`install Node ${release}`, process.execPath, words, { cwd: partial });
  if (!runs(path.join(partial, executable))) {
    // Newer releases of npm do not run a package's own install script unasked; this one fetches the program itself.
    const directory = path.join(partial, packageDirectory);
    await run(`install Node ${release}`, process.execPath, ["installArchSpecificPackage"], {
      cwd: directory,
    });
  }
  await rm(home, { recursive: true, force: true });
  await rename(partial, home);
}

function runs(node) {
  if (!existsSync(node)) return false;
  const { status, stdout } = spawnSync(node, ["--version"], { encoding: "utf8" });
  return status === 0 && stdout.startsWith(`v${release}.`);
}
