import type { Node } from "jsonc-parser";
import type { EntryContents } from "../entry-schema.ts";
import type { Fault } from "../fault.ts";
import { nearestKey, nearestNode, nodeAt, textOf } from "../../json-syntax.ts";
import type { GlobKeys } from "./glob-keys.ts";
import { readGlob } from "./glob.ts";
import { fill, readPieces, type Pieces } from "./pieces.ts";
import { jsonValue } from "./value.ts";
import {
  combinationAt,
  combinationCount,
  globVariable,
  rangeVariable,
  valuesVariable,
  type Variable,
} from "./variables.ts";

/** An entry that stands for many tasks. */
export interface Template {
  /** How many tasks it makes. */
  readonly count: number;
  /** Task `index` of `count`, as the texts of its parts; `id` is undefined where the template has none. */
  task(index: number): TaskParts;
  /** What the variables are in task `index`, for a sentence: `i = 3, f = "a.dat"`. */
  variables(index: number): string;
}

/** JSON texts in ASCII, without space. */
export interface TaskParts {
  readonly id: string | undefined;
  readonly name: string;
  readonly baseDirectory: string;
  readonly inputs: string;
  readonly payload: string;
}

/**
 * Reads an entry that has `for_each`. Every mistake in it is found here: the tasks themselves are made without any.
 *
 * @param contents found right by the schema
 * @throws what the bucket throws
 */
export async function readTemplate(
  text: string,
  root: Node,
  contents: EntryContents,
  globKeys: GlobKeys,
): Promise<Template | readonly Fault[]> {
  const faults: Fault[] = [];
  const variables: Variable[] = [];
  // The schema passes over this one name in silence.
  const unnameable = ["for_each", "__proto__"];
  if (nodeAt(root, unnameable) !== undefined) {
    faults.push({
      offset: nearestKey(root, unnameable).offset,
      message: 'a variable cannot have the name "__proto__"',
    });
  }
  for (const [name, source] of Object.entries(contents.for_each ?? {})) {
    const variable = await readVariable(name, source, { text, root, contents, faults, globKeys });
    if (variable !== undefined) variables.push(variable);
  }
  // Without all variables every place that uses the missing one would count as a mistake too.
  if (faults.length > 0) return faults;

  const pieces = (key: string, otherwise: string, alwaysText = false): Pieces => {
    const node = nodeAt(root, [key]);
    if (node === undefined) return [otherwise];
    return readPieces(textOf(text, node), node.offset, { variables, faults }, alwaysText);
  };
  const name = contents.task;
  if (name.includes("${")) {
    faults.push({
      offset: nearestNode(root, ["task"]).offset,
      message: "variables are not filled in in task: all tasks of a template have one type",
    });
  }
  const parts = {
    id: pieces("id", ""),
    name: pieces("task", "null"),
    baseDirectory: pieces("base_directory", "null", true),
    inputs: pieces("inputs", "[]", true),
    payload: pieces("payload", "null"),
  };
  const count = combinationCount(variables);
  if (!Number.isSafeInteger(count)) {
    faults.push({
      offset: nearestNode(root, ["for_each"]).offset,
      message: "for_each makes more tasks than can be counted",
    });
  }
  if (faults.length > 0) return faults;
  return {
    count,
    task(index) {
      const values = combinationAt(variables, index);
      const id = fill(parts.id, values);
      return {
        id: id === "" ? undefined : id,
        name: fill(parts.name, values),
        baseDirectory: fill(parts.baseDirectory, values),
        inputs: fill(parts.inputs, values),
        payload: fill(parts.payload, values),
      };
    },
    variables(index) {
      const values = combinationAt(variables, index);
      return variables
        .map(({ name }, place) => `${name} = ${shortened(values[place]?.json ?? "")}`)
        .join(", ");
    },
  };
}

interface VariableContext {
  readonly text: string;
  readonly root: Node;
  readonly contents: EntryContents;
  readonly faults: Fault[];
  readonly globKeys: GlobKeys;
}

type Source = NonNullable<EntryContents["for_each"]>[string];

async function readVariable(
  name: string,
  source: Source,
  context: VariableContext,
): Promise<Variable | undefined> {
  const { text, root, faults } = context;
  if ("range" in source) {
    const [first = 0, last = 0, step = 1] = source.range;
    const variable = rangeVariable(name, first, last, step);
    if (variable === undefined) {
      const offset = nearestNode(root, ["for_each", name, "range"]).offset;
      const shown = `the range [${source.range.join(", ")}] of ${name}`;
      const down = first > last ? `; to count down, give it a step below 0: [${first}, ${last}, -1]` : "";
      faults.push({
        offset,
        message: step === 0 ? `${shown} has the step 0` : `${shown} holds no number${down}`,
      });
    }
    return variable;
  }
  if ("values" in source) {
    const list = nodeAt(root, ["for_each", name, "values"]);
    return valuesVariable(
      name,
      (list?.children ?? []).map((node) => jsonValue(textOf(text, node))),
    );
  }
  return await readGlobVariable(name, source.glob, context);
}

async function readGlobVariable(
  name: string,
  pattern: string,
  { root, faults, contents, globKeys }: VariableContext,
): Promise<Variable | undefined> {
  const offset = nearestNode(root, ["for_each", name, "glob"]).offset;
  const glob = readGlob(pattern);
  if ("mistake" in glob) {
    faults.push({ offset, message: `the glob of ${name} ${glob.mistake}` });
    return undefined;
  }
  const directory = contents.base_directory;
  if (directory.includes("${")) {
    const message = "base_directory holds ${, but a glob looks into one folder for all tasks";
    faults.push({ offset: nearestNode(root, ["base_directory"]).offset, message });
    return undefined;
  }
  const { keys, bucket } = await globKeys.find(directory, pattern, glob);
  if (keys.length > 0) return globVariable(name, keys);
  faults.push({
    offset,
    message: `no key under ${directory} in ${bucket} matches the glob ${pattern} of ${name}`,
  });
  return undefined;
}

function shortened(json: string): string {
  return json.length > 60 ? `${json.slice(0, 59)}…` : json;
}
