import { stat } from "node:fs/promises";
import { SimpleTasksError } from "../errors.ts";
import { decodedText, linesOf, openText, unreadable } from "../lines.ts";
import type { BatchEntry } from "./entry.ts";
import type { PlacedText } from "./fault.ts";
import { listElements } from "./list-elements.ts";
import { readEntry } from "./read-entry.ts";
import { openGlobKeys, type GlobKeysOptions } from "./template/glob-keys.ts";

export interface ReadBatchOptions extends GlobKeysOptions {
  /** What to call the file in messages. Default: its path as it is given. */
  readonly name?: string | undefined;
  readonly signal: AbortSignal;
}

/** A batch file that can be gone through any number of times, with the same tasks each time. */
export interface Batch {
  /** What it is called in messages. */
  readonly name: string;
  /**
   * Its entries, in order. A mistake within one is told by the entry itself, and the next one follows.
   * @throws `task_unparsable` with the place from which on nothing can be read; `message_invalid` for a text that is no
   *   UTF-8; `io` when the file cannot be read or is no longer what it was; what the bucket throws; an `AbortError`
   */
  entries(): AsyncGenerator<BatchEntry, void, undefined>;
}

/**
 * A file of tasks: a JSON list of them, or a single one (`*.json`), or one a line (`*.jsonl`); of other names the contents
 * tell. Each entry is a whole task document, a task in short, or a template. The file is read anew each time, in memory
 * that grows neither with it nor with the number of tasks; only the keys that a glob finds are kept.
 */
export function readBatch(file: string, options: ReadBatchOptions): Batch {
  const { name = file, signal } = options;
  const globKeys = openGlobKeys(options);
  let version: string | undefined;

  async function refuseChanged(): Promise<void> {
    const now = await versionOf(file, name);
    version ??= now;
    if (version === now) return;
    throw new SimpleTasksError("io", `${name} was changed while it was read`, {
      hint: "Try again when nothing writes to it any longer.",
    });
  }

  return {
    name,
    async *entries() {
      await refuseChanged();
      let position = 0;
      for await (const placed of entryTexts(file, name, signal)) {
        const entry = await readEntry(placed, position, name, globKeys);
        yield entry;
        position += entry.count;
      }
      await refuseChanged();
    },
  };
}

async function* entryTexts(
  file: string,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<PlacedText, void, undefined> {
  const notation = /\.(jsonl?|ndjson)$/i.exec(file)?.[1]?.toLowerCase() ?? (await guess(file, name, signal));
  if (notation === "json") yield* listElements(decodedText(openText(file, signal), name), name);
  else yield* entryLines(file, name, signal);
}

/**
 * A list, or an object that goes on after its first line, is no text of one task a line. No more is kept of that line than
 * its first and last letter: it may be the whole text.
 */
async function guess(file: string, name: string, signal: AbortSignal): Promise<"json" | "jsonl"> {
  let first = "";
  let last = "";
  for await (const piece of decodedText(openText(file, signal), name)) {
    const text = first === "" ? piece.trimStart() : piece;
    first ||= text.slice(0, 1);
    if (first === "[") return "json";
    const [line = ""] = text.split("\n", 1);
    last = line.trimEnd().at(-1) ?? last;
    if (first !== "" && line.length < text.length) break;
  }
  return first === "{" && last !== "}" ? "json" : "jsonl";
}

async function* entryLines(
  file: string,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<PlacedText, void, undefined> {
  let first = true;
  for await (const { text, number } of linesOf(openText(file, signal), name)) {
    if (text.trim() === "") continue;
    const column = text.length - text.trimStart().length + 1;
    if (first && text[column - 1] === "[") {
      const message = `${name}:${number}:${column}: here is a list, not one task a line`;
      throw new SimpleTasksError("task_unparsable", message, {
        about: { file: name, line: number, column },
        hint: "A file with a list of tasks is named *.tasks.json.",
      });
    }
    first = false;
    yield { text: text.trim(), line: number, column };
  }
}

/** Differs when the file was written or replaced. */
async function versionOf(file: string, name: string): Promise<string> {
  try {
    const { ino, size, mtimeNs } = await stat(file, { bigint: true });
    return `${ino}-${size}-${mtimeNs}`;
  } catch (error) {
    throw unreadable(error, name);
  }
}
