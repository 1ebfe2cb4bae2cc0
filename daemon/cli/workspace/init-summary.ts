import { escapeForTerminal } from "../escape.ts";
import { counted, table } from "../format.ts";
import { shellWord } from "../shell-word.ts";

/** What `init` made and left, for the person who typed it. Names are relative to the workspace, with slashes. */
export interface InitOutcome {
  /** Absolute. */
  readonly directory: string;
  readonly example: string | undefined;
  readonly made: readonly string[];
  /** Where it was typed, relative to which the next commands are: "" when it is the workspace itself. */
  readonly below: string;
}

/** What each file of the template is. */
const notes: ReadonlyMap<string, string> = new Map([
  ["simpletasks.json", "which task files belong to it; queues and bucket, where you want others"],
  ["tasks/summarize.task.ts", "a task type"],
  ["tasks/summarize.test.ts", "its test"],
  ["weather.tasks.json", "a batch: one task a file"],
  ["tsconfig.json", "types for editors and compilers"],
  ["README.md", "what it shows, and the commands"],
]);

export function describeNew({ directory, example, made, below }: InitOutcome): string[] {
  const inBucket = (name: string): boolean => name.startsWith(".simpletasks/bucket/");
  const rows = made.filter((name) => !inBucket(name)).map((name) => [`  ${name}`, notes.get(name) ?? ""]);
  const inputs = made.filter(inBucket).length;
  if (inputs > 0)
    rows.push(["  .simpletasks/bucket", `the local bucket, with ${counted(inputs, "sample input")}`]);
  const enter = below === "" ? [] : [[`  cd ${shellWord(below)}`, ""]];
  return [
    `made a workspace in ${escapeForTerminal(directory)}`,
    ...table(rows),
    "next:",
    ...table([
      ...enter,
      ...(example === undefined ? nextCommands : [["  cat README.md", notes.get("README.md") ?? ""]]),
    ]),
    "git ignores .simpletasks, inputs too: after a checkout, simpletasks init once",
  ];
}

const nextCommands = [
  ["  simpletasks test", "run the tests"],
  ["  simpletasks schedule weather.tasks.json", "send the tasks of the batch"],
  ["  simpletasks daemon --until-drained", "run them"],
  ["  simpletasks done list", "see what they made"],
];

export function describeRefreshed({ directory, made }: InitOutcome): string[] {
  const rows = made.map((name) => `  ${name}`);
  return [`${escapeForTerminal(directory)} is a workspace already: its types are up to date`, ...rows];
}
