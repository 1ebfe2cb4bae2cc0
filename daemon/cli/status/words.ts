import { examples, withLocations, type DescribeGroup } from "../options.ts";

/** `status` */
export const describeStatus: DescribeGroup = (program, runs) => {
  withLocations(program.command("status"))
    .description(
      "Shows the queues with their messages, the bucket and the cache, and where each setting that is no default came from.",
    )
    .action(runs(async () => (await import("./status.ts")).status))
    .addHelpText("after", examples(["simpletasks status --profile cluster", ""]));
};
