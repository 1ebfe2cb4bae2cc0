// `node test/bootstrap/run-tests.mjs [--checks | --oldest-node] [FILTER …]`
//
// Runs the checks (types, lint, format, unused code), every test suite that this machine can run, and those that start
// processes once more on the oldest Node that `engines.node` allows; its last line is `N passed, N failed`. With filters
// (as vitest takes them) only the test files that match run, on this Node alone; with `--checks` the checks alone; with
// `--oldest-node` what runs on that Node alone.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { makeLoweredCopy } from "./lowered-copy.mjs";
import { installedNode, oldestRelease } from "./node-release.mjs";
import { environmentWith } from "./steps.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { engines } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
const words = process.argv.slice(2);
const checksOnly = words.includes("--checks");
const oldestOnly = words.includes("--oldest-node");
const filters = words.filter((word) => word !== "--checks" && word !== "--oldest-node");

const checks = [
  ["types", "typescript/bin/tsc", ["-b"]],
  ["lint", "oxlint/bin/oxlint", ["--quiet", "--deny-warnings", "."]],
  ["format", "oxfmt/bin/oxfmt", ["--check", "."]],
  ["unused code", "knip/bin/knip.js", []],
];

/** Where processes and threads of the product run, from the bundles or from the sources. */
const suitesOfProcesses = [
  "test/daemon/",
  "test/faults/",
  "test/shared/bucket/file-processes",
  "test/shared/cache/processes",
  "test/shared/daemon/",
  "test/shared/queue/sqlite/",
  "test/shared/task/load",
];

const total = { passed: 0, failed: 0, notRun: 0 };
if (filters.length === 0 && !oldestOnly) for (const check of checks) await runCheck(...check);
if (!checksOnly && !oldestOnly) await runSuites(process.execPath, root, filters);
if (oldestOnly || (!checksOnly && filters.length === 0)) await runOnOldestNode();
if (total.notRun > 0) console.log(`${total.notRun} not run`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;

async function runCheck(name, script, scriptWords) {
  const started = performance.now();
  const { code, text } = await run(process.execPath, root, [
    path.join("node_modules", script),
    ...scriptWords,
  ]);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (code === 0) total.passed += 1;
  else total.failed += 1;
  if (code !== 0) process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
  console.log(`${code === 0 ? "passed" : "FAILED"}  ${name} (${seconds} s)`);
}

async function runOnOldestNode() {
  const release = oldestRelease(engines.node);
  const title = `the suites that start processes, on Node ${release}`;
  const node = installedNode(release);
  if (node === undefined) {
    const line = `${title}: it is not installed, node test/bootstrap/install-oldest-node.mjs`;
    console.log(`NOT RUN ${line}`);
    if (process.env["SIMPLETASKS_TEST_ALL"] === "1") total.failed += 1;
    else total.notRun += 1;
    return;
  }
  console.log(`\n${title}:`);
  await run(process.execPath, root, [path.join("test", "bootstrap", "declarations.mjs")], {
    output: "inherit",
  });
  const copy = await makeLoweredCopy(root);
  try {
    await runSuites(node, copy, filters.length > 0 ? filters : suitesOfProcesses);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

async function runSuites(node, directory, wanted) {
  const reports = mkdtempSync(path.join(os.tmpdir(), "simpletasks-tests-"));
  const reportFile = path.join(reports, "report.json");
  const notRunFile = path.join(reports, "not-run");
  const vitest = path.join("node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`];
  try {
    const { code, signal } = await run(node, directory, [vitest, "run", ...reporters, ...wanted], {
      output: "inherit",
      environment: { SIMPLETASKS_TEST_NOT_RUN: notRunFile },
    });
    count(readOrNothing(reportFile), code, signal);
    for (const line of new Set(readOrNothing(notRunFile).split("\n").filter(Boolean))) {
      total.notRun += 1;
      console.log(`NOT RUN ${line}`);
    }
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}

/** A test file that fails as a whole, outside its tests, is one failure; so is a run that ends badly without saying why. */
function count(report, code, signal) {
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
  if (code === 0 || total.failed > failedBefore) return;
  total.failed += 1;
  console.log(`FAILED  the test run ended with ${signal ?? `exit code ${code}`} and no failed test`);
}

function readOrNothing(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

async function run(node, directory, nodeWords, { output = "pipe", environment = {} } = {}) {
  const child = spawn(node, nodeWords, {
    cwd: directory,
    stdio: ["ignore", output, output],
    env: { ...environmentWith(node), ...environment },
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
  }
  const { code, signal } = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  return { code, signal, text };
}
