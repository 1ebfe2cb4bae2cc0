// `node test/bootstrap/install-oldest-node.mjs`
//
// Installs the oldest Node that `engines.node` allows, beside the others of this set-up: `run-tests.mjs` then runs the
// suites that start processes on it too.
import { readFileSync } from "node:fs";
import { installNode, oldestRelease } from "./node-release.mjs";
import { SetupFailure } from "./steps.mjs";

const { engines } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
try {
  await installNode(oldestRelease(engines.node));
} catch (error) {
  if (!(error instanceof SetupFailure)) throw error;
  console.error(`simpletasks: ${error.message}`);
  process.exitCode = 1;
}
