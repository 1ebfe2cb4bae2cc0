import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), "simpletasks-suites-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Runs one suite that needs a program, and tells how that ended and what was noted as not run. */
function runSuiteNeeding(
  programName: string,
  environment: Readonly<Record<string, string>>,
): { status: number | null; notRun: string } {
  writeFileSync(path.join(directory, "vitest.config.mjs"), "export default {};");
  writeFileSync(
    path.join(directory, "one.test.mjs"),
    `import { describeNeeding, program } from ${JSON.stringify(path.join(root, "test/bootstrap/suite-needing.ts"))};
    import { it } from ${JSON.stringify(path.join(root, "node_modules/vitest/dist/index.js"))};
    describeNeeding(program(${JSON.stringify(programName)}, "apt-get install it"), "the suite", () => it("runs", () => {}));`,
  );
  const notRunFile = path.join(directory, "not-run");
  const vitest = path.join(root, "node_modules", "vitest", "vitest.mjs");
  const { SIMPLETASKS_TEST_ALL: _, ...inherited } = process.env;
  const { status } = spawnSync(process.execPath, [vitest, "run", "--root", directory], {
    env: { ...inherited, SIMPLETASKS_TEST_NOT_RUN: notRunFile, ...environment },
  });
  return { status, notRun: existsSync(notRunFile) ? readFileSync(notRunFile, "utf8") : "" };
}

describe("a suite that needs a program", () => {
  it("runs where the program is", () => {
    expect(runSuiteNeeding(process.execPath, { SIMPLETASKS_TEST_ALL: "1" })).toEqual({
      status: 0,
      notRun: "",
    });
  });

  it("is noted as not run where it is missing, with the reason and what to do", () => {
    expect(runSuiteNeeding("no-such-program", {})).toEqual({
      status: 0,
      notRun: "the suite: no-such-program is not installed, apt-get install it\n",
    });
  });

  it("fails there when every suite must run", () => {
    expect(runSuiteNeeding("no-such-program", { SIMPLETASKS_TEST_ALL: "1" })).toEqual({
      status: 1,
      notRun: "",
    });
  });
});
