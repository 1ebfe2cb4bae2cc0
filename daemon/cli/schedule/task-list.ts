import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { isSimpleTasksError, SimpleTasksError } from "../../../shared/errors.ts";
import { elementTexts } from "../../../shared/task/json-text.ts";
import { jsonMistake } from "../../../shared/located-json.ts";
import { linesOf, openText, unreadable } from "../../../shared/lines.ts";
import { taskOfEntry } from "./task-entry.ts";

/** A list of tasks that can be gone through any number of times. */
export interface TaskList extends AsyncDisposable {
  /**
   * The messages of the tasks, in order.
   * @throws at the first entry that is no task, naming file, line and column
   */
  messages(): AsyncGenerator<string, void, undefined>;
}

/**
 * Opens a list of tasks: one JSON list (`*.json`), or one entry a line (`*.jsonl`); of other names the first letter tells.
 * A list of lines is read anew each time, in memory that does not grow with it; standard input (`-`) is therefore kept
 * in a temporary file until the list is closed.
 */
export async function openTaskList(file: string, signal: AbortSignal): Promise<TaskList> {
  if (file !== "-")
    return { messages: () => messagesOf(file, file, signal), async [Symbol.asyncDispose]() {} };
  const directory = await mkdtemp(path.join(os.tmpdir(), "simpletasks-schedule-"));
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  const copy = path.join(directory, "standard-input");
  try {
    await pipeline(openText("-", signal), createWriteStream(copy, { mode: 0o600 }));
  } catch (error) {
    await remove();
    throw error;
  }
  return { messages: () => messagesOf(copy, "standard input", signal), [Symbol.asyncDispose]: remove };
}

async function* messagesOf(
  file: string,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const kind =
    /\.(jsonl?|ndjson)$/i.exec(file)?.[1]?.toLowerCase() ?? (await kindByContents(file, name, signal));
  if (kind === "json") yield* messagesOfList(file, name);
  else yield* messagesOfLines(file, name, signal);
}

async function kindByContents(file: string, name: string, signal: AbortSignal): Promise<"json" | "jsonl"> {
  for await (const { text } of linesOf(openText(file, signal), name)) {
    if (text.trim() !== "") return text.trimStart().startsWith("[") ? "json" : "jsonl";
  }
  return "jsonl";
}

async function* messagesOfLines(
  file: string,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  let position = 0;
  for await (const { text, number } of linesOf(openText(file, signal), name)) {
    if (text.trim() === "") continue;
    if (position === 0 && text.trimStart().startsWith("[")) {
      throw new SimpleTasksError(
        "task_unparsable",
        `${name}:${number}:1: here is a list, not one task a line`,
        {
          hint: "A file with a list of tasks is named *.tasks.json.",
        },
      );
    }
    yield entryAt(text, position, () => `${name}:${number}:${jsonMistake(text)?.column ?? 1}`);
    position += 1;
  }
}

async function* messagesOfList(file: string, name: string): AsyncGenerator<string, void, undefined> {
  const text = (await readText(file, name)).replace(/^\uFEFF/, "");
  const entries = isJson(text) ? elementTexts(text) : undefined;
  if (entries === undefined) {
    const { line, column, reason } = jsonMistake(text) ?? {
      line: 1,
      column: 1,
      reason: "a list must begin with [",
    };
    throw new SimpleTasksError(
      "task_unparsable",
      `${name}:${line}:${column}: this is no list of tasks: ${reason}`,
    );
  }
  let end = 0;
  for (const [position, entry] of entries.entries()) {
    // Between two entries stand a comma and white space alone, so the next occurrence is the entry.
    const start = text.indexOf(entry, end);
    yield entryAt(entry, position, () => `${name}:${lineAndColumn(text, start)}`);
    end = start + entry.length;
  }
}

function entryAt(text: string, position: number, place: () => string): string {
  try {
    return taskOfEntry(text, position);
  } catch (error) {
    if (!isSimpleTasksError(error)) throw error;
    throw new SimpleTasksError(error.code, `${place()}: ${error.message}`, {
      cause: error,
      ...(error.hint !== undefined && { hint: error.hint }),
    });
  }
}

function lineAndColumn(text: string, offset: number): string {
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  return `${text.slice(0, lineStart).split("\n").length}:${offset - lineStart + 1}`;
}

async function readText(file: string, name: string): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
  } catch (error) {
    if (error instanceof TypeError) {
      throw new SimpleTasksError("message_invalid", `${name}: the text is not UTF-8`, { cause: error });
    }
    throw unreadable(error, name);
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
