import { examples, withLocations, type DescribeGroup } from "../options.ts";

/** Flags of `schedule` alone. */
export interface ScheduleFlags {
  readonly dryRun?: boolean;
  readonly skipInvalid?: boolean;
  readonly allowUnknown?: boolean;
}

/** `schedule` */
export const describeSchedule: DescribeGroup = (program, runs) => {
  withLocations(program.command("schedule"))
    .description("Sends tasks to the task queue as one batch. None is sent when one of them is wrong.")
    .argument(
      "FILE",
      "a list of tasks or a template (*.tasks.json), or one task a line (*.tasks.jsonl); - reads standard input",
    )
    .option("--dry-run", "send nothing: show how many tasks, three of them, and the inputs that are missing")
    .option("--skip-invalid", "leave out the tasks that are wrong, and send the others")
    .option("--allow-unknown", "send tasks of types that no task file here has, too")
    .action(runs(async () => (await import("./schedule.ts")).schedule))
    .addHelpText(
      "after",
      examples(
        ["simpletasks schedule cells.tasks.jsonl", "one task a line"],
        ["simpletasks schedule grid.tasks.json --dry-run", "look first"],
        ["make-tasks | simpletasks schedule - --profile cluster", "from another program"],
      ) +
        `
A task is a whole document, {"basic_info": {…}, "payload_info": …}, or in short:
  {"task": "NO_OP", "base_directory": "datasets/cells", "inputs": ["0.dat"], "payload": {"size": 3}}
Optional in short: "id" (else its place in the batch), "inputs" (else none), "payload" (else null).
With "for_each" the short form is a template: one task for each value, or combination of values:
  {"task": "NO_OP", "base_directory": "datasets/cells", "inputs": ["\${i}.dat"], "for_each": {"i": {"range": [0, 9]}}}
  {"task": "NO_OP", "base_directory": "datasets/cells", "inputs": ["\${f}"], "for_each": {"f": {"glob": "*.dat"}}}`,
    );
};
