import { examples, withLocations, type DescribeGroup } from "../options.ts";

/** `batch …` */
export const describeBatch: DescribeGroup = (program, runs) => {
  const batch = program.command("batch").description("Shows how far the batches are that were scheduled.");

  withLocations(batch.command("list"))
    .description("Lists the batches of the task queue with their counts, the newest first.")
    .action(runs(async () => (await import("./list.ts")).batchList))
    .addHelpText(
      "after",
      examples(["simpletasks batch list", ""], ["simpletasks batch list --json", "one a line"]) + counting,
    );

  withLocations(batch.command("show"))
    .description("Shows one batch: its counts, which errors its failed tasks met, and what to do about them.")
    .argument("ID", "the batch's id, or its beginning")
    .action(runs(async () => (await import("./show.ts")).batchShow))
    .addHelpText("after", examples(["simpletasks batch show 51a31486", ""]) + counting);
};

const counting = `
"running" counts the tasks that daemons have leased, those too that they have only fetched ahead.\n`;
