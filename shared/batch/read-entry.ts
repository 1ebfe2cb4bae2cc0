import { duplicateKey, nearestNode, syntaxTree, type Path } from "../json-syntax.ts";
import { describe } from "../task/document-fields.ts";
import { jsonPath } from "../task/json-path.ts";
import { toAscii } from "../task/json.ts";
import { memberText } from "../task/json-text.ts";
import type { BatchEntry, BatchTask } from "./entry.ts";
import { entrySchema } from "./entry-schema.ts";
import { errorAt, type Fault, type PlacedText } from "./fault.ts";
import { colonCount, jsonFault, keyCount } from "./json-fault.ts";
import { schemaFaults } from "./schema-faults.ts";
import type { GlobKeys } from "./template/glob-keys.ts";
import { compactJson } from "./template/pieces.ts";
import { readTemplate, type TaskParts, type Template } from "./template/template.ts";

/**
 * Reads one entry: a whole task document, a task in short, or a template.
 *
 * @param position the place of its first task in the batch
 * @param file what to call the file in mistakes
 * @throws what the bucket throws that a glob looks into
 */
export async function readEntry(
  placed: PlacedText,
  position: number,
  file: string,
  globKeys: GlobKeys,
): Promise<BatchEntry> {
  const { text, line, column } = placed;
  const place = { position, line, column, endLine: line + text.split("\n").length - 1 };
  const read = await readContents(text, globKeys);
  if (read.kind === "faults") {
    const mistakes = read.faults.map((fault) => errorAt(fault, placed, file));
    return { ...place, kind: "wrong", count: 1, mistakes };
  }
  const count = read.kind === "template" ? read.template.count : 1;
  return {
    ...place,
    kind: "sound",
    count,
    task: (index) => taskOf(read, index, place.position, placed, file),
  };
}

type Contents =
  | { readonly kind: "faults"; readonly faults: readonly Fault[] }
  | { readonly kind: "document" }
  | { readonly kind: "short" }
  | { readonly kind: "template"; readonly template: Template };

async function readContents(text: string, globKeys: GlobKeys): Promise<Contents> {
  const fault = (offset: number, message: string): Contents => ({
    kind: "faults",
    faults: [{ offset, message }],
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: "faults", faults: [jsonFault(text)] };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return fault(0, `a task must be an object, not ${describe(value)}`);
  }
  // Every key has a colon after it: where a key stands twice, the value has fewer.
  if (colonCount(text) !== keyCount(value)) {
    const key = duplicateKey(syntaxTree(text));
    if (key !== undefined) return fault(key.offset, `the key ${JSON.stringify(key.value)} stands here twice`);
  }
  if ("basic_info" in value || "payload_info" in value) return { kind: "document" };
  const { success, data, error } = entrySchema.safeParse(value);
  if (!success) return { kind: "faults", faults: schemaFaults(value, error, syntaxTree(text)) };
  if (data.for_each === undefined) return { kind: "short" };
  const template = await readTemplate(text, syntaxTree(text), data, globKeys);
  return "task" in template ? { kind: "template", template } : { kind: "faults", faults: template };
}

function taskOf(
  read: Exclude<Contents, { readonly kind: "faults" }>,
  index: number,
  first: number,
  placed: PlacedText,
  file: string,
): BatchTask {
  const { text } = placed;
  const position = first + index;
  let message: string;
  if (read.kind === "document") message = toAscii(text);
  else
    message = documentOf(read.kind === "template" ? read.template.task(index) : shortParts(text), position);
  return {
    position,
    message,
    mistake(path, what, details) {
      const inEntry = read.kind === "document" ? path : pathInEntry(path);
      const name = path.length === 0 ? "" : jsonPath("", inEntry);
      const variables = read.kind === "template" ? read.template.variables(index) : "";
      const { offset } = nearestNode(syntaxTree(text), inEntry);
      const whole = `${name}${what}${variables === "" ? "" : ` (${variables})`}`;
      return errorAt({ offset, message: whole, ...details }, placed, file);
    },
  };
}

function documentOf({ id, name, baseDirectory, inputs, payload }: TaskParts, position: number): string {
  return (
    `{"basic_info":{"id":${id ?? position},"name":${name},"base_directory":${baseDirectory},"inputs":${inputs}},` +
    `"payload_info":${payload}}`
  );
}

function shortParts(text: string): TaskParts {
  const part = (key: string): string | undefined => {
    const found = memberText(text, key);
    return found === undefined ? undefined : toAscii(compactJson(found));
  };
  return {
    id: part("id"),
    name: part("task") ?? "null",
    baseDirectory: part("base_directory") ?? "null",
    inputs: part("inputs") ?? "[]",
    payload: part("payload") ?? "null",
  };
}

/** Where a part of the document stands in the short form. */
function pathInEntry([first, second, ...rest]: Path): Path {
  if (first === "payload_info") return second === undefined ? ["payload"] : ["payload", second, ...rest];
  if (first !== "basic_info" || second === undefined) return [];
  return [second === "name" ? "task" : second, ...rest];
}
