import { examples, withSettings, type DescribeGroup } from "../options.ts";

/** `queue …` */
export const describeQueue: DescribeGroup = (program, runs) => {
  const queue = program.command("queue").description("Looks into a queue, or sends messages to it.");

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
};
