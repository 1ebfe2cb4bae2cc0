import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { messageOf, SimpleTasksError } from "../errors.ts";

/** Why a task file could not be imported, for the person who wrote it: the file and line at fault, and the way out. */
export function loadError(file: string, error: unknown): SimpleTasksError {
  const message = messageOf(error);
  const place = placeOf(file, error, message);
  const shown = place.line === undefined ? place.file : `${place.file}:${place.line}`;
  const through = place.file === file ? "" : ` (loaded by ${file})`;
  const hint = (error instanceof SimpleTasksError ? error.hint : undefined) ?? wayOut(error, message);
  return new SimpleTasksError("task_type_invalid", `${shown} cannot be loaded${through}: ${message}`, {
    cause: error,
    about: { file: place.file, ...(place.line !== undefined && { line: place.line }) },
    ...(hint !== undefined && { hint }),
  });
}

interface Place {
  readonly file: string;
  /** From 1. */
  readonly line?: number;
}

/** Node heads the stack of a syntax error with its place; a missing import names its importer; else the stack tells. */
function placeOf(file: string, error: unknown, message: string): Place {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const head = /^(file:\/\/\S+):(\d+)\n/.exec(stack);
  if (head !== null) return place(head[1], head[2]) ?? { file };
  const importer = / imported from (.+)$/.exec(message)?.[1];
  if (importer !== undefined && existsSync(importer)) return importPlace(importer, message);
  const frames = [...stack.matchAll(/\(?(file:\/\/[^\s()]+):(\d+):\d+\)?$/gm)];
  const own = frames.find((frame) => frame[1] === pathToFileURL(file).href) ?? frames[0];
  return place(own?.[1], own?.[2]) ?? { file };
}

function place(url: string | undefined, line: string | undefined): Place | undefined {
  return url === undefined ? undefined : { file: fileURLToPath(url), line: Number(line) };
}

/** The line that imports what is missing: the one that holds the last part of its name, in quotes. */
function importPlace(importer: string, message: string): Place {
  const missing = /Cannot find (?:package|module) '([^']+)'/.exec(message)?.[1];
  const name = missing?.split(/[/\\]/).at(-1);
  if (name === undefined) return { file: importer };
  const lines = readFileSync(importer, "utf8").split("\n");
  const index = lines.findIndex((line) => line.includes(`${name}"`) || line.includes(`${name}'`));
  return index < 0 ? { file: importer } : { file: importer, line: index + 1 };
}

/** Constructs that Node's type stripping refuses, by what its message calls them, and what to write instead. */
const unstrippable: readonly (readonly [construct: string, instead: string])[] = [
  ["enum", "an object: const Color = { red: 0, green: 1 } as const"],
  ["parameter property", "a field, and assign it in the constructor"],
  ["namespace", "a module, or an object"],
  ["module", "a module of its own, or an object"],
  ["import", 'import … from "…"'],
  ["export", "export default"],
];

function wayOut(error: unknown, message: string): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX") {
    const instead = unstrippable.find(([construct]) => message.toLowerCase().includes(construct))?.[1];
    const advice = instead === undefined ? "Write it in plain JavaScript" : `Use ${instead}`;
    return `Node runs task files by leaving out their types, so what TypeScript must translate cannot be used. ${advice}.`;
  }
  if (code === "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING") {
    return "Node strips no types below node_modules: move the file out of it.";
  }
  if (code === "ERR_MODULE_NOT_FOUND") return missingModule(message);
  const name = / does not provide an export named '([^']+)'/.exec(message)?.[1];
  return name === undefined ? undefined : `If ${name} is a type, write: import type { ${name} }.`;
}

function missingModule(message: string): string | undefined {
  const package_ = /Cannot find package '([^']+)'/.exec(message)?.[1];
  if (package_ !== undefined) return `Install it beside the task file: npm install ${package_}`;
  const module = /Cannot find module '([^']+)'/.exec(message)?.[1];
  const ending = [".ts", ".js", ".mts", ".mjs"].find((candidate) => existsSync(`${module}${candidate}`));
  if (ending !== undefined) return `Imports name the whole file: end this one in ${ending}`;
  const source = module?.replace(/\.(m?)js$/, ".$1ts");
  return source !== undefined && existsSync(source)
    ? `Import the source itself, which ends in ts: ${source}`
    : undefined;
}
