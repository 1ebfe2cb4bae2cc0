import type { Node } from "jsonc-parser";
import type { z } from "zod";
import { suggestion } from "../nearest-word.ts";
import { describe } from "../task/document-fields.ts";
import { jsonPath } from "../task/json-path.ts";
import { entrySchema, variableSchemas } from "./entry-schema.ts";
import type { Fault } from "./fault.ts";
import { nearestKey, nearestNode, type Path } from "../json-syntax.ts";

/**
 * What of an entry's value is not as the schema has it, each with its place, in their order.
 *
 * @param root the syntax tree of the entry's text
 */
export function schemaFaults(value: unknown, error: z.ZodError, root: Node): Fault[] {
  return error.issues
    .flatMap((issue) => faultsOf(issue, value, root, []))
    .sort((a, b) => a.offset - b.offset);
}

function faultsOf(issue: z.core.$ZodIssue, value: unknown, root: Node, above: Path): Fault[] {
  const path = [...above, ...issue.path.filter((step) => typeof step !== "symbol")];
  if (issue.code === "unrecognized_keys") {
    const known = path.length === 0 ? entryKeys : Object.keys(variableSchemas);
    return issue.keys.map((key) => ({
      offset: nearestKey(root, [...path, key]).offset,
      message: `unknown key "${key}"${suggestion(key, known)}`,
    }));
  }
  const found = valueAt(value, path);
  if (issue.code === "invalid_key") {
    const [cause] = issue.issues;
    return [
      {
        offset: nearestKey(root, path).offset,
        message: `the variable "${String(path.at(-1))}" ${cause?.message ?? ""}`,
      },
    ];
  }
  if (issue.code === "invalid_union" && path[0] === "for_each")
    return variableFaults(found, value, root, path);
  const name = path.length === 0 ? "the entry" : jsonPath("", path);
  if (found === undefined) {
    return [{ offset: nearestNode(root, path).offset, message: `${name} is missing`, hint: shortForm }];
  }
  return [
    { offset: nearestNode(root, path).offset, message: `${name} ${issue.message}, not ${describe(found)}` },
  ];
}

/** A variable fits none of its forms: the mistakes in the one that was meant. */
function variableFaults(variable: unknown, value: unknown, root: Node, path: Path): Fault[] {
  const keys = typeof variable === "object" && variable !== null ? Object.keys(variable) : [];
  const [first, second] = keys.filter((key) => key in variableSchemas);
  if (first !== undefined && second !== undefined) {
    const message = `${jsonPath("", path)} takes its values from ${first} already; leave one of the two out`;
    return [{ offset: nearestKey(root, [...path, second]).offset, message }];
  }
  for (const [key, schema] of Object.entries(variableSchemas)) {
    if (key !== first) continue;
    const issues = schema.safeParse(variable).error?.issues ?? [];
    return issues.flatMap((issue) => faultsOf(issue, value, root, path));
  }
  const [unknown] = keys;
  const near = unknown === undefined ? "" : suggestion(unknown, Object.keys(variableSchemas));
  return [
    {
      offset:
        unknown === undefined ? nearestNode(root, path).offset : nearestKey(root, [...path, unknown]).offset,
      message: `${jsonPath("", path)} ${unknown === undefined ? "says nothing" : `has an unknown key "${unknown}"`}${near}`,
      hint: 'A variable is {"range": [0, 8]}, {"values": ["a", "b"]} or {"glob": "*.dat"}.',
    },
  ];
}

/** What is for editors alone is nothing that is meant by another word. */
const entryKeys = Object.keys(entrySchema.shape).filter((key) => key !== "$schema");

const shortForm =
  'In short a task is {"task": NAME, "base_directory": KEY}, and if need be "inputs", "payload", "id".';

function valueAt(value: unknown, path: Path): unknown {
  let found = value;
  for (const step of path) {
    if (typeof found !== "object" || found === null) return undefined;
    found = Object.getOwnPropertyDescriptor(found, step)?.value;
  }
  return found;
}
