// `node test/bootstrap/run-tests.mjs [--checks] [FILTER …]`
//
// Runs the checks (types, lint, format, unused code) and every test suite that this machine can run; its last line is
// `N passed, N failed`. With filters (as vitest takes them) only the test files that match run, without the checks;
// with `--checks` the checks alone.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const words = process.argv.slice(2);
const checksOnly = words.includes("--checks");
const filters = words.filter((word) => word !== "--checks");

const checks = [
  ["types", "typescript/bin/tsc", ["-b"]],
  ["lint", "oxlint/bin/oxlint", ["--quiet", "--deny-warnings", "."]],
  ["format", "oxfmt/bin/oxfmt", ["--check", "."]],
  ["unused code", "knip/bin/knip.js", []],
];

const total = { passed: 0, failed: 0, notRun: 0 };
if (filters.length === 0) for (const check of checks) await runCheck(...check);
if (!checksOnly) await runSuites();
if (total.notRun > 0) console.log(`${total.notRun} not run`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;

async function runCheck(name, script, scriptWords) {
  const started = performance.now();
  const { code, text } = await node([path.join("node_modules", script), ...scriptWords], "pipe");
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (code === 0) total.passed += 1;
  else total.failed += 1;
  if (code !== 0) process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
  console.log(`${code === 0 ? "passed" : "FAILED"}  ${name} (${seconds} s)`);
}

async function runSuites() {
  const directory = mkdtempSync(path.join(os.tmpdir(), "simpletasks-tests-"));
  const reportFile = path.join(directory, "report.json");
  const notRunFile = path.join(directory, "not-run");
  const vitest = path.join("node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`];
  try {
    const { code } = await node([vitest, "run", ...reporters, ...filters], "inherit", {
      SIMPLETASKS_TEST_NOT_RUN: notRunFile,
    });
    count(readOrNothing(reportFile), code);
    for (const line of new Set(readOrNothing(notRunFile).split("\n").filter(Boolean))) {
      total.notRun += 1;
      console.log(`NOT RUN ${line}`);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A test file that fails as a whole, outside its tests, is one failure; so is a run that ends badly without saying why. */
function count(report, code) {
  const failedBefore = total.failed;
  if (report !== "") {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(report);
    const broken = testResults.filter(
      ({ status, assertionResults }) =>
        status === "failed" && !assertionResults.some((result) => result.status === "failed"),
    );
    total.passed += numPassedTests;
    total.failed += numFailedTests + broken.length;
  }
  if (code !== 0 && total.failed === failedBefore) total.failed += 1;
}

function readOrNothing(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

async function node(nodeWords, output, environment = {}) {
  const child = spawn(process.execPath, nodeWords, {
    cwd: root,
    stdio: ["ignore", output, output],
    env: { ...process.env, ...environment },
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
  }
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return { code, text };
}
