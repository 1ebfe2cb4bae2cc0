import { Command as Words } from "commander";
import { describeBucket } from "./bucket/words.ts";
import { describeCache } from "./cache/words.ts";
import type { Command, Flags } from "./call.ts";
import { describeBatch } from "./batch/words.ts";
import { describeDaemon } from "./daemon/words.ts";
import { describeDemo } from "./demo/words.ts";
import { exitCodesHelp } from "./exit-codes.ts";
import { examples, type DescribeGroup } from "./options.ts";
import { describeQueue } from "./queue/words.ts";
import { describeReports } from "./reports/words.ts";
import { describeRun } from "./run/words.ts";
import { describeSchedule } from "./schedule/words.ts";
import { describeStatus } from "./status/words.ts";
import type { Terminal } from "./terminal.ts";
import { version } from "./version.ts";
import { describeWorkspace } from "./workspace/words.ts";
import { wrapHelp } from "./wrap-help.ts";

/** Runs a command with the words and flags that were typed after it. */
export type RunCommand = <Own extends object>(
  command: Command<Own>,
  words: readonly string[],
  flags: Flags & Own,
) => Promise<void>;

/** In the order of the help, under its headings. */
const groups: readonly (readonly [heading: string, describe: readonly DescribeGroup[]])[] = [
  ["Workspace:", [describeWorkspace, describeRun, describeDemo]],
  ["Work:", [describeSchedule, describeDaemon, describeStatus]],
  ["Look and repair:", [describeBatch, describeReports]],
  ["Queues, bucket, cache:", [describeQueue, describeBucket, describeCache]],
];

/** Every command with its words, flags and examples. A command's code loads when it runs: help needs none of it. */
export function describeCommands(terminal: Terminal, run: RunCommand): Words {
  const program = describeProgram(terminal);
  for (const [heading, describes] of groups) {
    program.commandsGroup(heading);
    for (const describe of describes) describe(program, runs);
  }
  program.commandsGroup("Help:").helpCommand("help [command]", "show the help of a command");
  for (const command of commandsIn(program)) command.showHelpAfterError(usageOf(command, terminal));
  return program;

  function runs<Own extends object>(load: () => Promise<Command<Own>>) {
    return async (...given: unknown[]): Promise<void> => {
      const words = given.at(-1);
      if (!(words instanceof Words)) throw new TypeError("commander hands over the command last");
      await run(await load(), words.args, words.opts<Flags & Own>());
    };
  }
}

function commandsIn(words: Words): readonly Words[] {
  return [words, ...words.commands.flatMap(commandsIn)];
}

/** What follows a mistake in the words of a command. */
function usageOf(command: Words, { errorStyle }: Terminal): string {
  const name = fullNameOf(command);
  return `usage: ${name} ${command.usage()}\n${errorStyle("dim", "hint:")} ${name} --help`;
}

function fullNameOf(command: Words): string {
  return command.parent === null ? command.name() : `${fullNameOf(command.parent)} ${command.name()}`;
}

function describeProgram(terminal: Terminal): Words {
  return new Words("simpletasks")
    .description(
      "Runs tasks from a queue on the files of a bucket, on one machine or a thousand, and loses none.",
    )
    .version(version(), "-V, --version", "show the version")
    .helpOption("-h, --help", "show this help")
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut(text) {
        const { screen } = terminal;
        void terminal.printBytes(Buffer.from(screen === undefined ? text : wrapHelp(text, screen.columns)));
      },
      outputError(message) {
        const [first = "", ...rest] = message.trimEnd().split("\n");
        terminal.tell(first.replace(/^error:/, terminal.errorStyle("red", "simpletasks:")));
        for (const line of rest) terminal.tell(`  ${line}`);
      },
    })
    .addHelpText(
      "after",
      examples(
        ["simpletasks demo", "see it work"],
        ["simpletasks init cells", "make a workspace"],
        ["simpletasks schedule cells.tasks.jsonl", "send tasks"],
        ["simpletasks daemon --until-drained", "run them"],
        ["simpletasks errors list", "see what failed"],
      ) +
        `\nFlags count before the environment, the environment before simpletasks.json, that before defaults.\n\n${exitCodesHelp}`,
    );
}
