import { CommanderError } from "commander";
import { describeCommands } from "./commands.ts";
import { exitCodes } from "./exit-codes.ts";
import { explain } from "./explain.ts";
import { listenForSignals } from "./signals.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

/**
 * Runs the command that the words name.
 * @returns the exit code
 */
export async function runProgram(words: readonly string[]): Promise<number> {
  const terminal = openTerminal(process.stdout, process.stderr);
  const exitCode = await runWords(words, terminal);
  try {
    await terminal.finish();
    return exitCode;
  } catch (error) {
    const told = explain(error, terminal);
    return exitCode === exitCodes.done ? told : exitCode;
  }
}

async function runWords(words: readonly string[], terminal: Terminal): Promise<number> {
  using signals = listenForSignals();
  let exitCode: number = exitCodes.done;
  const program = describeCommands(terminal, async (command, commandWords, flags) => {
    const world = { terminal, signals, environment: process.env, currentDirectory: process.cwd() };
    exitCode = await command({ words: commandWords, flags, ...world });
  });
  try {
    await program.parseAsync(words, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    if (signals.exitCode === undefined) return explain(error, terminal);
    if (isAbort(error)) terminal.tell("simpletasks: stopped");
    else explain(error, terminal);
    return signals.exitCode;
  }
}

/** What Node's own functions throw when their signal fires: it says nothing that a person does not know. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}
