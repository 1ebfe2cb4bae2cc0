import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { SimpleTasksError } from "../../../shared/errors.ts";
import { programUrl } from "../../../shared/program.ts";
import { findWorkspaceFile } from "../../config/workspace-file.ts";
import type { Call } from "../call.ts";
import { exitCodes } from "../exit-codes.ts";
import { findTests } from "./find-tests.ts";
import type { TestFlags } from "./words.ts";

/**
 * `test [FILE...]`: Node's own test runner over the workspace's tests, each file in a process of its own, with this terminal
 * and this environment: tests are their author's own commands.
 */
export async function test(call: Call<TestFlags>): Promise<number> {
  const { flags, signals, currentDirectory } = call;
  const file = findWorkspaceFile(currentDirectory);
  const directory = file === undefined ? currentDirectory : path.dirname(file);
  const files = await findTests(call.words, { directory, currentDirectory });
  const child = spawn(process.execPath, [...nodeWords(flags), ...files], {
    cwd: directory,
    stdio: "inherit",
    env: environmentOf(call),
  });
  const stop = (): void => {
    child.kill("SIGTERM");
  };
  signals.signal.addEventListener("abort", stop);
  try {
    const [code] = await once(child, "exit");
    signals.signal.throwIfAborted();
    return code === 0 ? exitCodes.done : exitCodes.failed;
  } finally {
    signals.signal.removeEventListener("abort", stop);
  }
}

const reporters = ["spec", "dot", "tap", "junit", "lcov"];

function nodeWords({ name, reporter = "spec", watch }: TestFlags): string[] {
  if (!reporters.includes(reporter)) {
    throw new SimpleTasksError(
      "usage",
      `there is no reporter "${reporter}"; there are ${reporters.join(", ")}`,
    );
  }
  return [
    // Node 22 calls type stripping an experiment, and says so in every test file.
    "--disable-warning=ExperimentalWarning",
    "--import",
    programUrl(import.meta.url, "./test-hooks.ts", "test-hooks.mjs").href,
    "--test",
    `--test-reporter=${reporter}`,
    ...(name === undefined ? [] : [`--test-name-pattern=${name}`]),
    ...(watch === true ? ["--watch"] : []),
  ];
}

/** As it is, but for what Node tells its own test files: a test may itself run this command. */
function environmentOf({ environment }: Call): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _, ...rest } = environment;
  return rest;
}
