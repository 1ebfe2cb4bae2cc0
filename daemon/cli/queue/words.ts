import { examples, withSettings, withYes, type DescribeGroup } from "../options.ts";

export interface PeekFlags {
  readonly limit?: string;
}

/** `queue …` */
export const describeQueue: DescribeGroup = (program, runs) => {
  const queue = program.command("queue").description("Looks into a queue, sends messages to it, empties it.");

  withSettings(queue.command("send"))
    .description("Sends each line of a text as a message, as it is.")
    .argument("URL", "the queue, as URL or bare name")
    .argument("FILE", "what to send; - reads standard input")
    .action(runs(async () => (await import("./send.ts")).queueSend))
    .addHelpText(
      "after",
      examples(["simpletasks queue send 'sqlite:queue.db?queue=tasks' messages.txt", ""]),
    );

  withSettings(queue.command("stats"))
    .description("Shows how many messages are visible, leased and delayed.")
    .argument("URL", "the queue, as URL or bare name")
    .action(runs(async () => (await import("./stats.ts")).queueStats))
    .addHelpText(
      "after",
      examples(["simpletasks queue stats tasks --json", '{"visible":9,"leased":0,"delayed":0}']),
    );

  withSettings(queue.command("peek"))
    .description("Lists the messages, oldest first, and leaves them where they are.")
    .argument("URL", "the queue, as URL or bare name")
    .option("--limit <N>", "show no more than N messages (default: 100; with --json all)")
    .action(runs(async () => (await import("./peek.ts")).queuePeek))
    .addHelpText(
      "after",
      examples(
        ["simpletasks queue peek tasks --limit 5", ""],
        ["simpletasks queue peek tasks --json > messages.txt", "the messages as they are"],
      ),
    );

  withYes(withSettings(queue.command("purge")))
    .description("Removes every message, also those that daemons are at work on. Nothing of them is kept.")
    .argument("URL", "the queue, as URL or bare name")
    .action(runs(async () => (await import("./purge.ts")).queuePurge))
    .addHelpText("after", examples(["simpletasks queue purge tasks-done", "asks first"]));

  withYes(withSettings(queue.command("release")))
    .description(
      "Ends every lease at once, so that its message can be received again. Only when the daemons that hold them are gone.",
    )
    .argument("URL", "the queue, as URL or bare name")
    .action(runs(async () => (await import("./release.ts")).queueRelease))
    .addHelpText("after", examples(["simpletasks queue release tasks", "asks first"]));
};
