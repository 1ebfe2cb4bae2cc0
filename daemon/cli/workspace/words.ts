import { examples, type DescribeGroup } from "../options.ts";

/** Flags that only `init` has. */
export interface InitFlags {
  readonly example?: string;
}

/** Flags that only `test` has. */
export interface TestFlags {
  readonly name?: string;
  readonly reporter?: string;
  readonly watch?: boolean;
}

/** `init`, `test` */
export const describeWorkspace: DescribeGroup = (program, runs) => {
  program
    .command("init")
    .description(
      "Makes a workspace that runs as it is: a task type with its test, a batch and sample inputs.",
    )
    .argument("[DIR]", "its folder, made where there is none (default: this one)")
    .option(
      "--example <NAME>",
      "make it from an example: no-op, run-file, scheduler, custom-payload, valibot",
    )
    .option("--json", "print JSON for other programs")
    .action(runs(async () => (await import("./init.ts")).init))
    .addHelpText(
      "after",
      examples(
        ["simpletasks init weather", "a workspace to begin with"],
        ["simpletasks init pi --example scheduler", "one that shows something else"],
      ) +
        "\nNothing that exists is overwritten. In a folder that is a workspace already, what editors know of SimpleTasks is\nbrought up to date (.simpletasks/types), and nothing else.",
    );
  program
    .command("test")
    .description(
      "Runs the workspace's tests with Node's own test runner. They may import simpletasks as task files do.",
    )
    .argument("[FILE...]", "test files (default: **/*.test.ts of the workspace)")
    .option("--name <PATTERN>", "only tests whose name matches this regular expression")
    .option("--reporter <NAME>", "how Node reports: spec, dot, tap, junit, lcov (default: spec)")
    .option("--watch", "run again when a file changes, until stopped")
    .action(runs(async () => (await import("./test.ts")).test))
    .addHelpText(
      "after",
      examples(
        ["simpletasks test", "all tests of the workspace"],
        ['simpletasks test tasks/summarize.test.ts --name "column"', "some of them"],
      ) + "\nExit code 1 says that a test failed, or that none has the name.",
    );
};
