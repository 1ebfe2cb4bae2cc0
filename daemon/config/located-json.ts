import { findNodeAtLocation, parseTree, printParseErrorCode, type Node, type ParseError } from "jsonc-parser";
import { SimpleTasksError } from "../../shared/errors.ts";

type Place = readonly (string | number)[];

/** A JSON file's value, with where each part of it stands. */
export interface LocatedJson {
  readonly value: unknown;
  valueAt(place: Place): unknown;
  /** `file:line:column` of a value, or of the nearest thing around it that exists. Lines and columns count from 1. */
  place(place: Place): string;
  /** `file:line:column` of a property's name. */
  placeOfKey(place: Place): string;
  lineOf(place: Place): number;
}

/**
 * Parses JSON as the standard has it: no comments, no trailing commas, no key twice.
 * @throws `config_invalid` with file, line and column of the first mistake.
 */
export function parseLocatedJson(source: string, file: string): LocatedJson {
  const text = source.replace(/^\uFEFF/, " ");
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true });
  const at = (offset: number): string => {
    const { line, column } = position(text, offset);
    return `${file}:${line}:${column}`;
  };
  const refuse = (offset: number, reason: string): never => {
    throw new SimpleTasksError("config_invalid", `${at(offset)}: ${reason}`, { about: { file } });
  };
  const first = errors[0];
  if (first !== undefined) refuse(first.offset, `this is not JSON: ${parseReason(first)}`);
  if (root === undefined) return refuse(0, "this is not JSON: the file is empty");
  const twice = duplicateKey(root);
  if (twice !== undefined) refuse(twice.offset, `the key ${JSON.stringify(twice.value)} stands here twice`);

  const node = (place: Place): Node => nearestNode(root, place);
  return {
    value: JSON.parse(text),
    valueAt: (place) => place.reduce<unknown>(child, JSON.parse(text)),
    place: (place) => at(node(place).offset),
    placeOfKey: (place) => at((node(place).parent?.children?.[0] ?? node(place)).offset),
    lineOf: (place) => position(text, node(place).offset).line,
  };
}

function position(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** `InvalidCommentToken` → "invalid comment token". */
function parseReason(error: ParseError): string {
  return printParseErrorCode(error.error)
    .replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter}`)
    .toLowerCase();
}

function nearestNode(root: Node, place: Place): Node {
  for (let length = place.length; length > 0; length -= 1) {
    const found = findNodeAtLocation(root, place.slice(0, length));
    if (found !== undefined) return found;
  }
  return root;
}

function duplicateKey(node: Node): Node | undefined {
  const seen = new Set<unknown>();
  for (const part of node.children ?? []) {
    const key = part.type === "property" ? part.children?.[0] : undefined;
    if (key !== undefined && seen.has(key.value)) return key;
    if (key !== undefined) seen.add(key.value);
    const inside = duplicateKey(part);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

function child(value: unknown, key: string | number): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}
