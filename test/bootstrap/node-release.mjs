// Finds a Node that `engines.node` allows: the one that runs this, else Node 24 through the npm package `node`, kept
// outside the checkout for all of this person's checkouts. Other releases are kept there in the same way.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { withLock } from "./lock.mjs";
import { cacheDirectory, run, runNpm, say, SetupFailure } from "./steps.mjs";

const usualRelease = "24";

/** The path of a Node that satisfies `range`, as `engines.node` writes it: `>=MAJOR.MINOR`. */
export async function findNode(range) {
  const { node } = process.versions;
  if (satisfies(node, range)) return process.execPath;
  if (installedNode(usualRelease) === undefined) say(`this is Node ${node}, ${range} is needed`);
  return await installNode(usualRelease);
}

/** The path of the newest Node of a release, `MAJOR` or `MAJOR.MINOR`; installed when it is not there yet. */
export async function installNode(release) {
  const home = homeOf(release);
  return await withLock(`${home}.lock`, async () => {
    if (installedNode(release) === undefined) await install(release, home);
    const installed = installedNode(release);
    if (installed === undefined) {
      throw new SetupFailure(
        `the Node ${release} in ${home} does not run; install it (https://nodejs.org) and try again`,
      );
    }
    return installed;
  });
}

/** The path of what `installNode` has installed; undefined where it has not. */
export function installedNode(release) {
  const node = path.join(homeOf(release), executable);
  return runs(node, release) ? node : undefined;
}

/** The oldest release that `range` allows. */
export function oldestRelease(range) {
  return bound(range).join(".");
}

export function satisfies(version, range) {
  const [leastMajor, leastMinor] = bound(range);
  const [major, minor] = version.split(".").map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

function bound(range) {
  const match = /^>=\s*(\d+)\.(\d+)/.exec(range);
  if (match === null)
    throw new SetupFailure(`engines.node in package.json is not of the form >=MAJOR.MINOR: ${range}`);
  return [Number(match[1]), Number(match[2])];
}

const packageDirectory = path.join("node_modules", "node");
const executable = path.join(packageDirectory, "bin", process.platform === "win32" ? "node.exe" : "node");

function homeOf(release) {
  return path.join(cacheDirectory(), `node-${release}`);
}

/** Installs beside the place and moves it there whole: a set-up that was killed leaves nothing that looks finished. */
async function install(release, home) {
  say(`installing Node ${release} into ${home} (once)`);
  const partial = `${home}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  await writeFile(path.join(partial, "package.json"), JSON.stringify({ private: true }));
  const words = ["install", "--prefix", partial, "--no-save", "--no-audit", "--no-fund", `node@${release}`];
  await runNpm(`install Node ${release}`, process.execPath, words, { cwd: partial });
  if (!runs(path.join(partial, executable), release)) {
    // Newer releases of npm do not run a package's own install script unasked; this one fetches the program itself.
    const directory = path.join(partial, packageDirectory);
    await run(`install Node ${release}`, process.execPath, ["installArchSpecificPackage"], {
      cwd: directory,
    });
  }
  await rm(home, { recursive: true, force: true });
  await rename(partial, home);
}

function runs(node, release) {
  if (!existsSync(node)) return false;
  const { status, stdout } = spawnSync(node, ["--version"], { encoding: "utf8" });
  return status === 0 && stdout.startsWith(`v${release}.`);
}
