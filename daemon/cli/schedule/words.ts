import { examples, withLocations, type DescribeGroup } from "../options.ts";

/** `schedule` */
export const describeSchedule: DescribeGroup = (program, runs) => {
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
};
