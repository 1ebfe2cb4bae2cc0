import { examples, withLocations, type DescribeGroup } from "../options.ts";

/** Flags of commands that list reports. */
export interface ListFlags {
  readonly limit?: string;
}

/** `errors …` and `done …` */
export const describeReports: DescribeGroup = (program, runs) => {
  const errors = program.command("errors").description("Looks into the error queue.");
  withLocations(errors.command("list"))
    .description("Lists the reported failures, oldest first, and leaves them where they are.")
    .option("--limit <N>", "show no more than N reports (default: 100; with --json all)")
    .action(runs(async () => (await import("./list.ts")).errorsList))
    .addHelpText(
      "after",
      examples(["simpletasks errors list --json > errors.jsonl", "the reports as they are"]),
    );

  const done = program.command("done").description("Looks into the done queue.");
  withLocations(done.command("list"))
    .description("Lists the reported successes, oldest first, and leaves them where they are.")
    .option("--limit <N>", "show no more than N reports (default: 100; with --json all)")
    .action(runs(async () => (await import("./list.ts")).doneList))
    .addHelpText("after", examples(["simpletasks done list --json > done.jsonl", "the reports as they are"]));
};
