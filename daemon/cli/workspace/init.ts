import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { messageOf, SimpleTasksError } from "../../../shared/errors.ts";
import { nearestWord } from "../../../shared/nearest-word.ts";
import { findWorkspaceFile, workspaceFileName } from "../../config/workspace-file.ts";
import type { Call } from "../call.ts";
import { escapeForTerminal } from "../escape.ts";
import { exitCodes } from "../exit-codes.ts";
import { describeNew, describeRefreshed } from "./init-summary.ts";
import { createNewFiles } from "./new-files.ts";
import { shipped } from "./shipped.ts";
import { makeStateFolder, refreshTypes, rootConfiguration } from "./types.ts";
import type { InitFlags } from "./words.ts";

/** `init [DIR]`: makes a workspace; of one that is there, brings the types up to date. Overwrites nothing of anybody's. */
export async function init(call: Call<InitFlags>): Promise<number> {
  const { terminal, currentDirectory, flags } = call;
  const directory = path.resolve(currentDirectory, call.words[0] ?? ".");
  const template = await templateFolder(flags.example);
  const nearest = findWorkspaceFile(directory);
  const isNew = nearest !== path.join(directory, workspaceFileName);
  if (!isNew && flags.example !== undefined) {
    throw new SimpleTasksError("io", `${directory} is a workspace already: nothing was made`, {
      hint: "An example is made only where there is no simpletasks.json yet: name another folder.",
    });
  }
  const files = createNewFiles(directory);
  try {
    const state = path.join(directory, ".simpletasks");
    await makeStateFolder(state);
    await refreshTypes(state);
    if (isNew) await files.copy(template, placeOf);
    await files.write("tsconfig.json", rootConfiguration);
  } catch (error) {
    throw cannotMake(directory, error);
  }
  const { made, left } = files;
  if (flags.json === true) {
    await terminal.print(JSON.stringify({ workspace: directory, new: isNew, made, left }));
    return exitCodes.done;
  }
  const below = path.relative(currentDirectory, directory);
  const outcome = { directory, example: flags.example, made, below };
  for (const line of isNew ? describeNew(outcome) : describeRefreshed(outcome)) await terminal.print(line);
  if (isNew && left.length > 0) terminal.tell(`left as it was: ${left.map(escapeForTerminal).join(", ")}`);
  if (left.includes("tsconfig.json") && !(await usesOurTypes(directory)))
    terminal.tell('for editors, tsconfig.json needs: "extends": "./.simpletasks/tsconfig.json"');
  if (isNew && nearest !== undefined)
    terminal.tell(`this workspace lies within another one, that of ${escapeForTerminal(nearest)}`);
  return exitCodes.done;
}

/** @throws `usage` for an example that there is none of */
async function templateFolder(example: string | undefined): Promise<string> {
  if (example === undefined) return path.join(shipped.templates, "workspace");
  const entries = await readdir(shipped.templates, { withFileTypes: true });
  const known = entries
    .filter((entry) => entry.isDirectory() && entry.name !== "workspace")
    .map(({ name }) => name);
  if (known.includes(example)) return path.join(shipped.templates, example);
  const near = nearestWord(example, known);
  throw new SimpleTasksError(
    "usage",
    `there is no example "${example}"${near === undefined ? "" : `; did you mean "${near}"?`}`,
    { hint: `There are: ${known.toSorted().join(", ")}.` },
  );
}

/** Everything lies in a template as it is to lie in the workspace, but what is to lie in its bucket. */
function placeOf(name: string): string {
  return name.startsWith("bucket/") ? `.simpletasks/${name}` : name;
}

/** Whether the `tsconfig.json` that was there names ours; what else it says is its author's. */
async function usesOurTypes(directory: string): Promise<boolean> {
  const text = await readFile(path.join(directory, "tsconfig.json"), "utf8").catch(() => "");
  return text.includes(".simpletasks/tsconfig.json");
}

function cannotMake(directory: string, error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (error instanceof SimpleTasksError || typeof code !== "string") return error;
  const reason = reasons[code] ?? messageOf(error);
  return new SimpleTasksError("io", `the workspace ${directory} cannot be made: ${reason}`, { cause: error });
}

const reasons: Readonly<Record<string, string>> = {
  ENOTDIR: "a file is where a folder must be",
  EEXIST: "a file is where a folder must be",
  EACCES: "you may not write there",
  EPERM: "you may not write there",
  EROFS: "nothing can be written there",
};
