import { getNodeValue, parseTree, printParseErrorCode, type Node, type ParseError } from "jsonc-parser";
import { messageOf, SimpleTasksError } from "./errors.ts";
import { duplicateKey, nearestKey, nearestNode } from "./json-syntax.ts";

type Place = readonly (string | number)[];

/** A JSON file's value, with where each part of it stands. */
export interface LocatedJson {
  readonly value: unknown;
  /** A part of the value; where there is none, the nearest thing around it. */
  valueAt(place: Place): Located & { readonly value: unknown };
  /** The name of a property. */
  keyAt(place: Place): Located;
}

/** Where something stands. Lines count from 1. */
export interface Located {
  readonly offset: number;
  readonly line: number;
  /** `file:line:column`, as editors and terminals link it. */
  readonly shown: string;
}

/** A mistake in a text that should be JSON; line and column count from 1. */
export interface JsonMistake {
  readonly line: number;
  readonly column: number;
  readonly reason: string;
}

/** What keeps a text from being JSON as the standard has it, without comments and trailing commas; undefined when nothing does. */
export function jsonMistake(text: string): JsonMistake | undefined {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true });
  const first = errors[0];
  if (first !== undefined) return { ...position(text, first.offset), reason: parseReason(first) };
  if (root === undefined) return { line: 1, column: 1, reason: "it is empty" };
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return { line: 1, column: 1, reason: messageOf(error) };
  }
}

/**
 * Parses JSON as the standard has it; no key may stand twice in an object.
 * @throws `config_invalid` with file, line and column of the first mistake.
 */
export function parseLocatedJson(source: string, file: string): LocatedJson {
  const text = source.replace(/^\uFEFF/, " ");
  const at = (offset: number): string => {
    const { line, column } = position(text, offset);
    return `${file}:${line}:${column}`;
  };
  const mistake = jsonMistake(text);
  const root = parseTree(text);
  if (mistake !== undefined || root === undefined) {
    const { line, column, reason } = mistake ?? { line: 1, column: 1, reason: "it is empty" };
    throw new SimpleTasksError("config_invalid", `${file}:${line}:${column}: this is not JSON: ${reason}`, {
      about: { file },
    });
  }
  const twice = duplicateKey(root);
  if (twice !== undefined) {
    throw new SimpleTasksError(
      "config_invalid",
      `${at(twice.offset)}: the key ${JSON.stringify(twice.value)} stands here twice`,
      {
        about: { file },
      },
    );
  }

  const located = ({ offset }: Node): Located => ({
    offset,
    line: position(text, offset).line,
    shown: at(offset),
  });
  return {
    value: JSON.parse(text),
    valueAt(place) {
      const node = nearestNode(root, place);
      return { ...located(node), value: getNodeValue(node) };
    },
    keyAt(place) {
      return located(nearestKey(root, place));
    },
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
