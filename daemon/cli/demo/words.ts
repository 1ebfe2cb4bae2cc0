import { examples, withLocations, withRunning, type DescribeGroup } from "../options.ts";

/** Flags that only `demo` has. */
export interface DemoFlags {
  readonly dir?: string;
}

/** `demo` */
export const describeDemo: DescribeGroup = (program, runs) => {
  withRunning(withLocations(program.command("demo")))
    .description("Shows the main job: makes ten files, runs nine NO_OP tasks on them, compares every output.")
    .option(
      "--dir <DIR>",
      "keep everything under DIR: bucket, cache, queue.db (default: a new temporary directory)",
    )
    .action(runs(async () => (await import("./demo.ts")).demo))
    .addHelpText("after", examples(["simpletasks demo --dir demo", "look at it afterwards"]));
};
