import { spawnSync } from "node:child_process";
import { appendFileSync } from "node:fs";
import { describe, it } from "vitest";

/** Something that a suite cannot do without and that a machine may lack. */
export interface Need {
  /** What is missing, when it is: "strace is not installed". */
  readonly missing: () => string | undefined;
  /** How a person gets it: "apt-get install strace". */
  readonly install: string;
}

/** A program on the path, asked with `arguments` (default `--version`). */
export function program(name: string, install: string, words: readonly string[] = ["--version"]): Need {
  return {
    missing: () => (spawnSync(name, words).error === undefined ? undefined : `${name} is not installed`),
    install,
  };
}

/**
 * `describe`, where the machine has what the suite needs. Elsewhere the suite is counted as not run, with the reason;
 * with `SIMPLETASKS_TEST_ALL=1` that is a failure.
 */
export function describeNeeding(need: Need, title: string, suite: () => void): void {
  const reason = need.missing();
  if (reason === undefined) {
    describe(title, suite);
    return;
  }
  const line = `${title}: ${reason}, ${need.install}`;
  if (process.env["SIMPLETASKS_TEST_ALL"] === "1") {
    it(title, () => {
      throw new Error(`NOT RUN ${line}`);
    });
    return;
  }
  const file = process.env["SIMPLETASKS_TEST_NOT_RUN"];
  if (file !== undefined) appendFileSync(file, `${line}\n`);
  describe.skip(line, suite);
}
