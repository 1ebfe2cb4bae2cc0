import { posix } from "node:path";
import { suggestion } from "../../nearest-word.ts";
import type { Fault } from "../fault.ts";
import { describeValue, textValue, wholeValue, type Value } from "./value.ts";
import type { Variable } from "./variables.ts";

/** What `${…}` stands for in one task, given the values of all variables. */
export type Substitution = (values: readonly Value[]) => Value;

const form = /^\s*([A-Za-z_]\w*)(?:\s*([+-])\s*(\d+)|\.(\w+))?\s*$/;
const parts = ["dir", "name", "stem", "ext"] as const;
type Part = (typeof parts)[number];

/**
 * Reads what stands between `${` and `}`: `name`, `name+1`, `name-1`, or `name.dir`, `.name`, `.stem`, `.ext` of a glob's.
 *
 * @param place where the `${` stands, for faults
 * @param withinText whether it stands within a longer text, where lists, objects and null have no form
 */
export function readSubstitution(
  source: string,
  variables: readonly Variable[],
  place: { readonly offset: number; readonly withinText: boolean },
): Substitution | Fault {
  const { offset, withinText } = place;
  const [whole, name = "", sign, digits, part] = form.exec(source) ?? [];
  if (whole === undefined) {
    return {
      offset,
      message: `\${${source}} is no variable`,
      hint: "Write ${name}, ${name+1}, ${name-1}, or ${name.stem} of a glob's variable; $${ stands for ${ itself.",
    };
  }
  const index = variables.findIndex((variable) => variable.name === name);
  const variable = variables[index];
  if (variable === undefined) {
    const names = variables.map((other) => other.name);
    return {
      offset,
      message: `there is no variable "${name}"${suggestion(name, names)}`,
      hint: "Variables stand in for_each; $${ stands for ${ itself.",
    };
  }
  if (part !== undefined) {
    if (variable.kind !== "glob") {
      return {
        offset,
        message: `\${${source}}: only a glob's variable has parts, and ${name} is of ${variable.kind}`,
      };
    }
    if (!isPart(part)) {
      return { offset, message: `\${${source}}: a key has no part "${part}"${suggestion(part, parts)}` };
    }
    return (values) => textValue(partOf(valueOf(values, index).text ?? "", part));
  }
  const wrong = firstWrong(variable, digits !== undefined, withinText);
  if (wrong !== undefined) return { offset, message: `\${${source}}: ${wrong}` };
  if (digits === undefined) return (values) => valueOf(values, index);
  const add = BigInt(`${sign}${digits}`);
  return (values) => wholeValue((valueOf(values, index).whole ?? 0n) + add);
}

/** What keeps one of the variable's values from being used so; every value is looked at before the first task is made. */
function firstWrong(variable: Variable, adds: boolean, withinText: boolean): string | undefined {
  if (variable.kind === "range") return undefined;
  if (variable.kind === "glob")
    return adds ? `${variable.name} is a key; only whole numbers can be added to` : undefined;
  for (let index = 0; index < variable.count; index += 1) {
    const value = variable.at(index);
    const which = `value ${index + 1} of ${variable.name} is ${describeValue(value)}`;
    if (adds && value.whole === undefined) return `${which}; only whole numbers can be added to`;
    if (withinText && value.text === undefined) return `${which}, which cannot stand within a text`;
  }
  return undefined;
}

function isPart(part: string): part is Part {
  return parts.some((known) => known === part);
}

function partOf(key: string, part: Part): string {
  const { dir, base, name, ext } = posix.parse(key);
  return { dir, name: base, stem: name, ext }[part];
}

function valueOf(values: readonly Value[], index: number): Value {
  const value = values[index];
  if (value === undefined) throw new RangeError("a combination has a value for each variable");
  return value;
}
