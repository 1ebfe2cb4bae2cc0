import { toAscii } from "../../task/json.ts";
import type { Fault } from "../fault.ts";
import { readSubstitution } from "./substitution.ts";
import type { Value } from "./value.ts";
import type { Variable } from "./variables.ts";

/** A JSON text with places that variables fill. */
export type Pieces = readonly Piece[];

type Piece = string | ((values: readonly Value[]) => string);

export interface Context {
  readonly variables: readonly Variable[];
  /** Takes every fault that is found. */
  readonly faults: Fault[];
}

/**
 * Takes a JSON text apart. What is no variable stays as it is written, without the space around it. A string that is one
 * `${…}` and nothing else becomes the value itself; within a longer string it becomes text.
 *
 * @param text JSON
 * @param offset where it stands in the entry
 * @param alwaysText whether a string stays a string, whatever the value
 */
export function readPieces(text: string, offset: number, context: Context, alwaysText = false): Pieces {
  const pieces: Piece[] = [];
  let literal = "";
  const flush = (): void => {
    if (literal !== "") pieces.push(toAscii(literal));
    literal = "";
  };
  for (const match of text.matchAll(tokens)) {
    const [token] = match;
    const place = offset + match.index;
    if (!token.startsWith('"') || (!token.includes("$", 1) && !spelled.test(token))) {
      if (token.trim() !== "") literal += token;
      continue;
    }
    const contents = contentsOf(token);
    if (isKey(text, match.index + token.length)) {
      if (contents.includes("${")) context.faults.push(inKey(place));
      literal += token;
      continue;
    }
    const parts = readText(contents, place + 1, context, alwaysText);
    if (typeof parts === "function") {
      flush();
      pieces.push(parts);
      continue;
    }
    literal += '"';
    for (const part of parts) {
      if (typeof part === "string") literal += part;
      else {
        flush();
        pieces.push(part);
      }
    }
    literal += '"';
  }
  flush();
  return pieces;
}

/** A JSON text without the space between its parts; all else stays as it is written. */
export function compactJson(text: string): string {
  return text.replaceAll(tokens, (token) => (token.trim() === "" ? "" : token));
}

export function fill(pieces: Pieces, values: readonly Value[]): string {
  let text = "";
  for (const piece of pieces) text += typeof piece === "string" ? piece : piece(values);
  return text;
}

/** Strings, what stands between them, and space. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[^"\s]+|\s+/gs;

/** `$`, `{` or `}` in another spelling. */
const spelled = /\\u00(?:24|7b|7d)/i;

/** What stands between the quotes, with each `$`, `{` and `}` as that letter. */
function contentsOf(token: string): string {
  const plain = spelled.test(token) ? JSON.stringify(JSON.parse(token)) : token;
  return plain.slice(1, -1);
}

function isKey(text: string, end: number): boolean {
  return /^\s*:/.test(text.slice(end));
}

function inKey(offset: number): Fault {
  return {
    offset,
    message: "variables are not filled in in keys",
    hint: "Write the object as one of a variable's values.",
  };
}

/** @param contents between the quotes, with JSON's escapes; so are the parts that are given back */
function readText(
  contents: string,
  offset: number,
  { variables, faults }: Context,
  alwaysText: boolean,
): Piece[] | ((values: readonly Value[]) => string) {
  const found: Piece[] = [];
  let at = 0;
  for (;;) {
    const start = contents.indexOf("$", at);
    if (start === -1) break;
    if (contents.startsWith("$${", start)) {
      found.push(`${contents.slice(at, start)}\${`);
      at = start + 3;
      continue;
    }
    if (!contents.startsWith("${", start)) {
      found.push(contents.slice(at, start + 1));
      at = start + 1;
      continue;
    }
    const end = contents.indexOf("}", start);
    if (end === -1) {
      faults.push({
        offset: offset + start,
        message: "${ has no } in this text",
        hint: "$${ stands for ${ itself.",
      });
      break;
    }
    const whole = !alwaysText && start === 0 && end === contents.length - 1;
    const substitution = readSubstitution(contents.slice(start + 2, end), variables, {
      offset: offset + start,
      withinText: !whole,
    });
    if (typeof substitution !== "function") faults.push(substitution);
    else if (whole) return (values) => substitution(values).json;
    else {
      found.push(contents.slice(at, start));
      found.push((values) => escapedText(substitution(values).text ?? ""));
    }
    at = end + 1;
  }
  found.push(contents.slice(at));
  return found;
}

/** As it stands between the quotes of a JSON string, in ASCII. */
function escapedText(text: string): string {
  return toAscii(JSON.stringify(text).slice(1, -1));
}
