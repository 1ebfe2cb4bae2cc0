import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { messageOf, SimpleTasksError } from "../../../shared/errors.ts";
import { programUrl } from "../../../shared/program.ts";
import { findWorkspaceFile } from "../../config/workspace-file.ts";
import type { Call } from "../call.ts";
import { escapeForTerminal } from "../escape.ts";
import { exitCodes } from "../exit-codes.ts";
import { findTests } from "./find-tests.ts";
import type { TestFlags } from "./words.ts";

/**
 * `test [FILE...]`: Node's own test runner over the workspace's tests, each file in a process of its own, with this terminal
 * and this environment: tests are their author's own commands.
 */
export async function test(call: Call<TestFlags>): Promise<number> {
  const { flags, signals, currentDirectory, terminal } = call;
  const file = findWorkspaceFile(currentDirectory);
  const directory = file === undefined ? currentDirectory : path.dirname(file);
  const files = await findTests(call.words, { directory, currentDirectory });
  const child = spawn(process.execPath, [...nodeWords(flags), ...files], {
    cwd: directory,
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: environmentOf(call),
  });
  let counted = 0;
  child.on("message", (message) => (counted += testsIn(message)));
  const stop = (): void => {
    child.kill("SIGTERM");
  };
  signals.signal.addEventListener("abort", stop);
  try {
    const [code] = await once(child, "close");
    signals.signal.throwIfAborted();
    if (code !== 0) return exitCodes.failed;
    if (!isCounted(flags) || counted > 0) return exitCodes.done;
    terminal.tell(`no test is named ${escapeForTerminal(JSON.stringify(flags.name))}: none was run`);
    return exitCodes.failed;
  } finally {
    signals.signal.removeEventListener("abort", stop);
  }
}

const reporters = ["spec", "dot", "tap", "junit", "lcov"];

/** To Node a file of which no test is asked for is a test that passes: a name that is wrong must not look well. */
function isCounted({ name, watch }: TestFlags): boolean {
  return name !== undefined && watch !== true;
}

/** What the reporter of the test hooks sends. */
function testsIn(message: unknown): number {
  return typeof message === "object" &&
    message !== null &&
    "tests" in message &&
    typeof message.tests === "number"
    ? message.tests
    : 0;
}

function nodeWords(flags: TestFlags): string[] {
  const { name, reporter = "spec", watch } = flags;
  if (!reporters.includes(reporter)) {
    throw new SimpleTasksError(
      "usage",
      `there is no reporter "${reporter}"; there are ${reporters.join(", ")}`,
    );
  }
  if (name !== undefined) checkPattern(name);
  const hooks = programUrl(import.meta.url, "./test-hooks.ts", "test-hooks.mjs").href;
  return [
    // Node 22 calls type stripping an experiment, and says so in every test file.
    "--disable-warning=ExperimentalWarning",
    "--import",
    hooks,
    "--test",
    `--test-reporter=${reporter}`,
    "--test-reporter-destination=stdout",
    ...(isCounted(flags) ? [`--test-reporter=${hooks}`, "--test-reporter-destination=stderr"] : []),
    ...(name === undefined ? [] : [`--test-name-pattern=${name}`]),
    ...(watch === true ? ["--watch"] : []),
  ];
}

/** @throws `usage` for what Node would refuse with a stack trace; like Node it takes `/PATTERN/FLAGS` too. */
function checkPattern(name: string): void {
  const [, pattern = name, letters = ""] = /^\/(.*)\/([a-z]*)$/.exec(name) ?? [];
  try {
    void new RegExp(pattern, letters);
  } catch (error) {
    throw new SimpleTasksError("usage", `--name: ${messageOf(error)}`, {
      hint: "Letters that mean something in a regular expression are taken as they are after a \\.",
      cause: error,
    });
  }
}

/** As it is, but for what Node tells its own test files: a test may itself run this command. */
function environmentOf({ environment }: Call): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _, ...rest } = environment;
  return rest;
}
