import { examples, withLocations, type DescribeGroup } from "../options.ts";

/** Flags that only `run` has. */
export interface RunFlags {
  readonly error?: string;
  readonly task?: string;
  readonly inspect?: boolean;
  readonly keep?: string;
}

/** `run` */
export const describeRun: DescribeGroup = (program, runs) => {
  withLocations(program.command("run"))
    .description(
      "Runs one task here and now, phase by phase as a daemon would. It reads the bucket; what it writes goes elsewhere.",
    )
    .argument(
      "[FILE]",
      "a batch file, or FILE:LINE for the task that stands at this line (default: the first one)",
    )
    .option(
      "--task <N>",
      "of FILE the task at this place in the batch, from 0: also one of a template's (default: the first one)",
    )
    .option("--error <ID>", "the task of this report in the error queue, which stays as it is")
    .option(
      "--inspect",
      'wait for a debugger, which stops where the code says "debugger;"; no timeout counts then',
    )
    .option("--keep <DIR>", "keep what the task writes, in this new or empty folder (default: it is removed)")
    .action(runs(async () => (await import("./run.ts")).run))
    .addHelpText(
      "after",
      examples(
        ["simpletasks run cells.tasks.jsonl:12 --keep out", "one task, and its outputs"],
        ["simpletasks run grid.tasks.json --task 41", "the 42nd of its tasks"],
        ["simpletasks run --error 17 --inspect", "debug a failed task on its inputs"],
      ) +
        `
One attempt, in a worker process without credentials. Bucket, cache and queues stay as they are: of a template at
LINE the first task runs, inputs are fetched anew, and nothing is reported. Exit code 1 says that the task failed.`,
    );
};
