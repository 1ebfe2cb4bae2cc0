// Installs what package-lock.json names, when node_modules holds something else.
import { readFileSync } from "node:fs";
import path from "node:path";
import { runNpm, say } from "./steps.mjs";

export async function installDependencies(root, node) {
  if (dependenciesMatch(root)) return;
  say("installing dependencies (npm ci)");
  await runNpm("install dependencies", node, ["ci", "--no-audit", "--no-fund"], { cwd: root });
}

/**
 * npm writes `node_modules/.package-lock.json` last, as the record of what it installed; so an installation that was
 * cut off does not match either. Optional packages are those of other platforms: they may be absent.
 */
export function dependenciesMatch(root) {
  const wanted = packagesIn(path.join(root, "package-lock.json"));
  const installed = packagesIn(path.join(root, "node_modules", ".package-lock.json"));
  if (wanted === undefined || installed === undefined) return false;
  for (const [place, { version, integrity, optional }] of Object.entries(wanted)) {
    if (place === "") continue;
    const found = installed[place];
    if (found === undefined && optional !== true) return false;
    if (found !== undefined && (found.version !== version || found.integrity !== integrity)) return false;
  }
  return Object.keys(installed).every((place) => place in wanted);
}

function packagesIn(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, "utf8")).packages;
  } catch {
    return undefined;
  }
}
