import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { SimpleTasksError } from "../../shared/errors.ts";
import type { Call } from "./call.ts";
import { escapeForTerminal } from "./escape.ts";
import type { Signals } from "./signals.ts";
import type { Output } from "./terminal.ts";

/** Where a person is asked: standard input and error, so that results can go elsewhere. */
export interface Conversation {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Output;
}

/**
 * Asks before something is destroyed: `QUESTION [y/N]`. True with `--yes`, without asking. Anything but y or yes is no, and
 * so is the end of input; then "Nothing was changed." is told. Ctrl-C stops the command.
 *
 * @param question ends in a question mark; escaped here
 * @throws `usage` when there is nobody to ask; an `AbortError` when the command is stopped by a signal or by Ctrl-C
 */
export async function confirm(
  { flags, signals, terminal }: Call,
  question: string,
  { input, output }: Conversation = { input: process.stdin, output: process.stderr },
): Promise<boolean> {
  if (flags.yes === true) return true;
  if (input.isTTY !== true || output.isTTY !== true) {
    throw new SimpleTasksError("usage", `nobody is there to be asked: ${question}`, {
      hint: "Add --yes to do it without being asked.",
    });
  }
  terminal.status("");
  const answer = await ask(`${escapeForTerminal(question)} [y/N] `, { input, output }, signals);
  if (answer !== undefined && /^\s*y(es)?\s*$/i.test(answer)) return true;
  terminal.tell("Nothing was changed.");
  signals.signal.throwIfAborted();
  return false;
}

/** What the person typed; undefined for the end of input, and when the command was stopped, by Ctrl-C or otherwise. */
async function ask(
  prompt: string,
  { input, output }: Conversation,
  signals: Signals,
): Promise<string | undefined> {
  const lines = createInterface({ input, output, terminal: true, signal: signals.signal });
  // Where keys are read, Ctrl-C is one.
  lines.once("SIGINT", () => signals.interrupt());
  try {
    const answer = await new Promise<string | undefined>((resolve) => {
      lines.once("line", resolve).once("close", () => resolve(undefined));
      lines.setPrompt(prompt);
      lines.prompt();
    });
    if (answer === undefined) output.write("\n");
    return answer;
  } finally {
    lines.close();
  }
}
