import { jsonMistake } from "../located-json.ts";
import type { Fault } from "./fault.ts";

/** What keeps a text from being JSON. */
export function jsonFault(text: string): Fault {
  try {
    const { line, column, reason } = jsonMistake(text) ?? { line: 1, column: 1, reason: "" };
    const lines = text.split("\n").slice(0, line - 1);
    const offset = lines.reduce((sum, { length }) => sum + length + 1, 0) + column - 1;
    return {
      offset,
      message: `this is not JSON${reason === "" ? "" : `: ${reason}`}${tooLenient.test(text) ? others : ""}`,
    };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { offset: 0, message: "this is nested too deeply to be read" };
  }
}

const others = "; JSON has no comments, and no comma after the last value";
/** What other notations allow. */
const tooLenient = /,\s*[}\]]|\/\/|\/\*/;

/** The colons in a JSON text that stand in no string. */
export function colonCount(json: string): number {
  let count = 0;
  for (let at = 0; at < json.length; at += 1) {
    const letter = json.charCodeAt(at);
    if (letter === 0x3a) count += 1;
    else if (letter === 0x22) at = endOfString(json, at);
  }
  return count;
}

/** The keys of a value's objects, at any depth. */
export function keyCount(value: unknown): number {
  let count = 0;
  const rest: unknown[] = [value];
  while (rest.length > 0) {
    const next = rest.pop();
    if (typeof next !== "object" || next === null) continue;
    const inside: unknown[] = Object.values(next);
    if (!Array.isArray(next)) count += inside.length;
    for (const part of inside) rest.push(part);
  }
  return count;
}

/** The place of the quote that ends the string which begins at `start`. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
  return at;
}
