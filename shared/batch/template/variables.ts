import { textValue, wholeValue, type Value } from "./value.ts";

/** A variable of a template, with the values that it takes one after another. */
export interface Variable {
  readonly name: string;
  readonly kind: "range" | "values" | "glob";
  /** How many values it takes: 1 or more. */
  readonly count: number;
  /** @param index 0 … `count` − 1 */
  at(index: number): Value;
}

/** Whole numbers from `first` to `last`, both included as far as the steps meet them. Undefined when it holds none. */
export function rangeVariable(name: string, first: number, last: number, step: number): Variable | undefined {
  const from = BigInt(first);
  const by = BigInt(step);
  if (by === 0n) return undefined;
  const count = (BigInt(last) - from) / by + 1n;
  if (by > 0n ? first > last : first < last) return undefined;
  return { name, kind: "range", count: Number(count), at: (index) => wholeValue(from + by * BigInt(index)) };
}

export function valuesVariable(name: string, values: readonly Value[]): Variable {
  return { name, kind: "values", count: values.length, at: (index) => valueAt(values[index]) };
}

export function globVariable(name: string, keys: readonly string[]): Variable {
  return { name, kind: "glob", count: keys.length, at: (index) => textValue(keys[index] ?? "") };
}

/** How many tasks the variables make together: all combinations. */
export function combinationCount(variables: readonly Variable[]): number {
  return variables.reduce((product, { count }) => product * count, 1);
}

/** Combination `index`, a value for each variable; the first variable changes slowest. */
export function combinationAt(variables: readonly Variable[], index: number): Value[] {
  const values: Value[] = [];
  let rest = index;
  for (const variable of variables.toReversed()) {
    values.push(variable.at(rest % variable.count));
    rest = Math.floor(rest / variable.count);
  }
  return values.toReversed();
}

function valueAt(value: Value | undefined): Value {
  if (value === undefined) throw new RangeError("a variable has no value of that index");
  return value;
}
