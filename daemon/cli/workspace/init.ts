import { readFile } from "node:fs/promises";
import path from "node:path";
import { SimpleTasksError } from "../../../shared/errors.ts";
import { unreadable } from "../../../shared/lines.ts";
import { findWorkspaceFile, workspaceFileName } from "../../config/workspace-file.ts";
import type { Call } from "../call.ts";
import { escapeForTerminal } from "../escape.ts";
import { exitCodes } from "../exit-codes.ts";
import { counted, table } from "../format.ts";
import { createNewFiles, type NewFiles } from "./new-files.ts";
import { shipped } from "./shipped.ts";
import { makeStateFolder, refreshTypes, rootConfiguration } from "./types.ts";

/** `init [DIR]`: makes a workspace; of one that is there, brings the types up to date. Overwrites nothing of anybody's. */
export async function init(call: Call): Promise<number> {
  const { terminal, currentDirectory, flags } = call;
  const directory = path.resolve(currentDirectory, call.words[0] ?? ".");
  const nearest = findWorkspaceFile(directory);
  const isNew = nearest !== path.join(directory, workspaceFileName);
  const files = createNewFiles(directory);
  try {
    const state = path.join(directory, ".simpletasks");
    await makeStateFolder(state);
    await refreshTypes(state);
    if (isNew) await copyTemplate(files);
    await files.write("tsconfig.json", rootConfiguration);
  } catch (error) {
    throw cannotMake(directory, error);
  }
  const { made, left } = files;
  if (flags.json === true) {
    await terminal.print(JSON.stringify({ workspace: directory, new: isNew, made, left }));
    return exitCodes.done;
  }
  for (const line of isNew ? describeNew(directory, files) : describeRefreshed(directory, files))
    await terminal.print(line);
  if (isNew && left.length > 0) terminal.tell(`left as it was: ${left.map(escapeForTerminal).join(", ")}`);
  if (left.includes("tsconfig.json") && !(await usesOurTypes(directory)))
    terminal.tell('for editors, tsconfig.json needs: "extends": "./.simpletasks/tsconfig.json"');
  if (isNew && nearest !== undefined)
    terminal.tell(`this workspace lies within another one, that of ${escapeForTerminal(nearest)}`);
  if (isNew)
    for (const line of nextCommands(path.relative(currentDirectory, directory))) await terminal.print(line);
  return exitCodes.done;
}

/** Everything lies in the template as it is to lie in the workspace, but what is to lie in its bucket. */
async function copyTemplate(files: NewFiles): Promise<void> {
  await files.copy(shipped.workspace, (name) => (name.startsWith("bucket/") ? `.simpletasks/${name}` : name));
}

/** Whether the `tsconfig.json` that was there names ours; what else it says is its author's. */
async function usesOurTypes(directory: string): Promise<boolean> {
  const text = await readFile(path.join(directory, "tsconfig.json"), "utf8").catch(() => "");
  return text.includes(".simpletasks/tsconfig.json");
}

/** What each file is, in the order in which it is told. */
const notes: readonly (readonly [name: string, note: string])[] = [
  ["simpletasks.json", "which task files belong to it; queues and bucket, where you want others"],
  ["tasks/summarize.task.ts", "a task type"],
  ["tasks/summarize.test.ts", "its test"],
  ["weather.tasks.json", "a batch: one task a file"],
  ["tsconfig.json", "types for editors and compilers"],
];

function describeNew(directory: string, { made }: NewFiles): string[] {
  const rows = notes.filter(([name]) => made.includes(name)).map(([name, note]) => [`  ${name}`, note]);
  const inputs = made.filter((name) => name.startsWith(".simpletasks/bucket/")).length;
  if (inputs > 0)
    rows.push(["  .simpletasks/bucket", `the local bucket, with ${counted(inputs, "sample input")}`]);
  return [`made a workspace in ${escapeForTerminal(directory)}`, ...table(rows)];
}

function describeRefreshed(directory: string, { made }: NewFiles): string[] {
  const rows = made.map((name) => `  ${name}`);
  return [`${escapeForTerminal(directory)} is a workspace already: its types are up to date`, ...rows];
}

function nextCommands(relative: string): string[] {
  const enter = relative === "" ? [] : [[`  cd ${shellWord(relative)}`, ""]];
  const commands = [
    ["  simpletasks test", "run the tests"],
    ["  simpletasks schedule weather.tasks.json", "send the tasks of the batch"],
    ["  simpletasks daemon --until-drained", "run them"],
    ["  simpletasks done list", "see what they made"],
  ];
  return ["next:", ...table([...enter, ...commands])];
}

function shellWord(text: string): string {
  const shown = escapeForTerminal(text);
  return /^[\w./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", String.raw`'\''`)}'`;
}

function cannotMake(directory: string, error: unknown): unknown {
  const known = unreadable(error, `the workspace ${directory} cannot be made`);
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code !== "ENOTDIR" && code !== "EEXIST") return known;
  return new SimpleTasksError(
    "io",
    `the workspace ${directory} cannot be made: a file is where a folder must be`,
    {
      cause: error,
    },
  );
}
