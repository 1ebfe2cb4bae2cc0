import { Command as Words, Option } from "commander";
import type { Command, Flags } from "./call.ts";
import { exitCodesHelp } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";
import { version } from "./version.ts";

/** Runs a command with the words and flags that were typed after it. */
export type RunCommand = (command: Command, words: readonly string[], flags: Flags) => Promise<void>;

/** Every command with its words, flags and examples. A command's code loads when it runs: help needs none of it. */
export function describeCommands(terminal: Terminal, run: RunCommand): Words {
  const program = describeProgram(terminal);

  withLocations(program.command("schedule"))
    .description("Sends tasks to the task queue as one batch. None is sent when one of them is wrong.")
    .argument(
      "FILE",
      "a list of tasks (*.tasks.json) or one task a line (*.tasks.jsonl); - reads standard input",
    )
    .action(runs(async () => (await import("./schedule.ts")).schedule))
    .addHelpText(
      "after",
      examples(
        ["simpletasks schedule cells.tasks.jsonl", "one task a line"],
        ["make-tasks | simpletasks schedule - --profile cluster", "from another program"],
      ) +
        `
A task is a whole document, {"basic_info": {…}, "payload_info": …}, or in short:
  {"task": "NO_OP", "base_directory": "datasets/cells", "inputs": ["0.dat"], "payload": {"size": 3}}
Optional in short: "id" (else its place in the batch), "inputs" (else none), "payload" (else null).`,
    );

  const queue = program.command("queue").description("Looks into a queue, or sends messages to it.");
  withSettings(queue.command("send"))
    .description("Sends each line of a text as a message, as it is.")
    .argument("URL", "the queue, as URL or bare name")
    .argument("FILE", "what to send; - reads standard input")
    .action(runs(async () => (await import("./queue-send.ts")).queueSend))
    .addHelpText(
      "after",
      examples(["simpletasks queue send 'sqlite:queue.db?queue=tasks' messages.txt", ""]),
    );
  withSettings(queue.command("stats"))
    .description("Shows how many messages are visible, leased and delayed.")
    .argument("URL", "the queue, as URL or bare name")
    .action(runs(async () => (await import("./queue-stats.ts")).queueStats))
    .addHelpText(
      "after",
      examples(["simpletasks queue stats tasks --json", '{"visible":9,"leased":0,"delayed":0}']),
    );

  withLocations(program.command("status"))
    .description(
      "Shows the queues with their messages, the bucket and the cache, and where each setting came from.",
    )
    .action(runs(async () => (await import("./status.ts")).status))
    .addHelpText("after", examples(["simpletasks status --profile cluster", ""]));

  for (const [name, what, load] of [
    ["done", "successes", async () => (await import("./reports-list.ts")).doneList],
    ["errors", "failures", async () => (await import("./reports-list.ts")).errorsList],
  ] as const) {
    const reports = program
      .command(name)
      .description(`Looks into the ${name === "done" ? "done" : "error"} queue.`);
    withLocations(reports.command("list"))
      .description(`Lists the reported ${what}, oldest first, and leaves them where they are.`)
      .option("--limit <N>", "show no more than N reports (default: 100; with --json all)")
      .action(runs(load))
      .addHelpText(
        "after",
        examples([`simpletasks ${name} list --json > ${name}.jsonl`, "the reports as they are"]),
      );
  }

  withRunning(withLocations(program.command("daemon")))
    .description("Runs tasks until it is stopped.")
    .argument(
      "[WORDS...]",
      "the classic form: TASK_QUEUE ERROR_QUEUE [DONE_QUEUE] BUCKET CACHE_DIRECTORY POLL_SECONDS",
    )
    .option("--shared-cache", "use a cache folder that other users may enter too (default: refuse it)")
    .option("--until-drained", "end when nothing is left in the task queue")
    .action(runs(async () => (await import("./daemon.ts")).daemon))
    .addHelpText(
      "after",
      examples(
        ["simpletasks daemon --until-drained", "run what is there, then end"],
        ["simpletasks daemon tasks errors datasets /var/cache/simpletasks 5", "SimpleTasks' classic form"],
      ) + "\nThe log goes to standard error: lines for people on a screen, else one JSON object a line.",
    );

  withRunning(withLocations(program.command("demo")))
    .description("Shows the main job: makes ten files, runs nine NO_OP tasks on them, compares every output.")
    .option(
      "--dir <DIR>",
      "keep everything under DIR: bucket, cache, queue.db (default: a new temporary directory)",
    )
    .action(runs(async () => (await import("./demo.ts")).demo))
    .addHelpText("after", examples(["simpletasks demo --dir demo", "look at it afterwards"]));

  return program;

  function runs(load: () => Promise<Command>) {
    return async (...given: unknown[]): Promise<void> => {
      const words = given.at(-1);
      if (!(words instanceof Words)) throw new TypeError("commander hands over the command last");
      await run(await load(), words.args, words.opts<Flags>());
    };
  }
}

function describeProgram(terminal: Terminal): Words {
  return new Words("simpletasks")
    .description(
      "Runs tasks from a queue on the files of a bucket, on one machine or a thousand, and loses none.",
    )
    .version(version(), "-V, --version", "show the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [command]", "show the help of a command")
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
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
        ["simpletasks schedule cells.tasks.jsonl", "send tasks"],
        ["simpletasks daemon --until-drained", "run them"],
        ["simpletasks errors list", "see what failed"],
      ) +
        `\nFlags count before the environment, the environment before simpletasks.json, that before defaults.\n\n${exitCodesHelp}`,
    );
}

/** Flags of every command that reads settings. */
function withSettings(words: Words): Words {
  return words
    .addOption(
      option(
        "--engines <NAME>",
        "what bare names mean: local; aws and hybrid need SQS, S3 and Google Cloud Storage, not built yet",
      ),
    )
    .addOption(option("--profile <NAME>", "the profile of simpletasks.json"))
    .addOption(
      option(
        "--config <FILE>",
        "the simpletasks.json to read, or none (default: the nearest, here or above)",
      ),
    )
    .option("--json", "print JSON for other programs");
}

/** Flags of every command that works on the queues and the bucket. */
function withLocations(words: Words): Words {
  withSettings(words);
  return words
    .addOption(option("--task-queue <URL>", "where tasks wait"))
    .addOption(option("--error-queue <URL>", "where failures are reported"))
    .addOption(option("--done-queue <URL>", "where successes are reported, or none"))
    .addOption(option("--bucket <URL>", "where inputs and outputs lie"))
    .addOption(option("--cache <DIR>", "this machine's copies of objects"))
    .addOption(option("--lease <SECONDS>", "how long a lease lasts until it is renewed"));
}

/** Flags of commands that run tasks. */
function withRunning(words: Words): Words {
  return words
    .option("--workers <N>", "how many tasks run at once (default: one a processor)")
    .option("--isolation <NAME>", "where task files run: process (workers) or none (in the daemon itself)")
    .option("--attempts <N>", "how many attempts a task gets (default: 3)")
    .option("--poll <SECONDS>", "how long a receive waits in an empty queue (default: 5)");
}

function option(flags: string, description: string): Option {
  return new Option(flags, description).helpGroup("Settings:");
}

function examples(...lines: readonly (readonly [command: string, note: string])[]): string {
  const width = Math.max(...lines.map(([command]) => command.length));
  const shown = lines.map(([command, note]) =>
    `  ${command.padEnd(note === "" ? 0 : width)}  ${note}`.trimEnd(),
  );
  return `\nExamples:\n${shown.join("\n")}\n`;
}
