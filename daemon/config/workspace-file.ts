import { lstatSync, readFileSync } from "node:fs";
import path from "node:path";
import { SimpleTasksError } from "../../shared/errors.ts";
import { jsonPath } from "../../shared/task/json-path.ts";
import { parseLocatedJson, type LocatedJson } from "../../shared/located-json.ts";
import { nearestWord, suggestion } from "../../shared/nearest-word.ts";
import { workspaceSchema, type WorkspaceContents } from "./workspace-schema.ts";
import type { z } from "zod";

export const workspaceFileName = "simpletasks.json";

/** A `simpletasks.json` that was read and found right. */
export interface WorkspaceFile {
  /** Absolute. */
  readonly path: string;
  readonly contents: WorkspaceContents;
  /** The line of a value, from 1. */
  lineOf(path: readonly (string | number)[]): number;
}

/** The path of the nearest `simpletasks.json`, in `directory` or above it. */
export function findWorkspaceFile(directory: string): string | undefined {
  for (let folder = path.resolve(directory); ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, workspaceFileName);
    if (isThere(candidate)) return candidate;
    if (folder === path.dirname(folder)) return undefined;
  }
}

/** A link to nothing counts: whoever made it means a file, which is told to be missing. */
function isThere(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // Above a folder that may not be entered nothing can be meant.
    return false;
  }
}

/** @throws `config_invalid` with every mistake, each with file, line and column. */
export function readWorkspaceFile(file: string): WorkspaceFile {
  const json = parseLocatedJson(readText(file), file);
  const result = workspaceSchema.safeParse(json.value);
  if (!result.success) {
    const mistakes = result.error.issues.flatMap((issue) => describeIssue(issue, json));
    const inOrder = mistakes.toSorted((a, b) => a.offset - b.offset).map(({ text }) => text);
    throw new SimpleTasksError("config_invalid", inOrder.join("\n"), { about: { file } });
  }
  const contents = result.data;
  const names = Object.keys(contents.profiles ?? {});
  if (contents.profile !== undefined && !names.includes(contents.profile)) {
    throw new SimpleTasksError(
      "config_invalid",
      `${json.valueAt(["profile"]).shown}: there is no profile "${contents.profile}"${suggestion(contents.profile, names)}`,
      { about: { file } },
    );
  }
  return { path: file, contents, lineOf: (place) => json.valueAt(place).line };
}

function readText(file: string): string {
  const text = decode(readBytes(file), file);
  if (text.trim() !== "") return text;
  throw new SimpleTasksError("config_invalid", `${file}:1:1: the file is empty`, {
    hint: "{} is a whole file: everything else has a default.",
    about: { file },
  });
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new SimpleTasksError("config_invalid", `${file}: the text is not UTF-8`, {
      hint: "Save it as UTF-8.",
      cause,
      about: { file },
    });
  }
}

function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const reason = code === "ENOENT" && isThere(file) ? "this is a link to nothing" : reasons[code];
    throw new SimpleTasksError("config_invalid", `${file}: ${reason ?? String(error)}`, {
      cause: error,
      about: { file },
    });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "this is a folder, not a file",
  EACCES: "you may not read it",
  ELOOP: "its links lead round in a circle",
};

interface Mistake {
  readonly offset: number;
  readonly text: string;
}

function describeIssue(issue: z.core.$ZodIssue, json: LocatedJson): Mistake[] {
  const place = issue.path.filter((part) => typeof part !== "symbol");
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(place);
    return issue.keys.map((key) => {
      const { offset, shown } = json.keyAt([...place, key]);
      return { offset, text: `${shown}: unknown key "${key}"${rightPlace(key) ?? suggestion(key, known)}` };
    });
  }
  const { offset, shown, value } = json.valueAt(place);
  const name = place.length === 0 ? "the file" : jsonPath("", place);
  const near =
    issue.code === "invalid_value" ? nearestWord(String(value), issue.values.map(String)) : undefined;
  const meant = near === undefined ? "" : `; did you mean "${near}"?`;
  return [
    { offset, text: `${shown}: ${name} ${issue.message}, not ${shorten(JSON.stringify(value))}${meant}` },
  ];
}

/** The end of a sentence about a key that is right elsewhere in the file. */
function rightPlace(key: string): string | undefined {
  const places = { "": [], daemon: ["daemon"], "profiles.NAME": ["profiles"] };
  for (const [shown, place] of Object.entries(places)) {
    if (keysAt(place).includes(key))
      return shown === "" ? "; it stands at the top of the file" : `; it stands in ${shown}`;
  }
  return undefined;
}

/** The keys that the schema knows for the object at `place`. */
function keysAt(place: readonly (string | number)[]): string[] {
  const shape = workspaceSchema.shape;
  if (place.length === 0) return Object.keys(shape).filter((key) => key !== "$schema");
  if (place[0] === "daemon") return Object.keys(shape.daemon.unwrap().shape);
  return Object.keys(shape.profiles.unwrap().valueType.shape);
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
