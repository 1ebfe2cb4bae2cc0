import { existsSync } from "node:fs";
import path from "node:path";
import type { BatchEntry } from "../../../shared/batch/entry.ts";
import { readBatch } from "../../../shared/batch/read-batch.ts";
import type { Bucket } from "../../../shared/bucket/bucket.ts";
import { SimpleTasksError } from "../../../shared/errors.ts";
import { findMessages } from "../../../shared/repair/find-reports.ts";
import { reportEntry } from "../../../shared/repair/reports.ts";
import { parseTask, type TaskDocument } from "../../../shared/task/document.ts";
import { settingsOf, type Call } from "../call.ts";
import { counted } from "../format.ts";
import { openToLook } from "../queues.ts";
import type { RunFlags } from "./words.ts";

/** The one task that a call of `run` means. */
export interface ChosenTask {
  /** As a queue carries it. */
  readonly text: string;
  readonly document: TaskDocument;
}

/** @throws `usage`; what is wrong with the file, the entry or the report */
export async function chosenTask(call: Call<RunFlags>, bucket: Bucket): Promise<ChosenTask> {
  const { words, flags } = call;
  const [word, ...more] = words;
  if (more.length > 0 || (word === undefined) === (flags.error === undefined)) {
    throw new SimpleTasksError("usage", "which task is meant?", {
      hint: "Give one batch file, FILE or FILE:LINE, or the report of a failed task, --error ID.",
    });
  }
  const position = positionOf(call);
  const text =
    word === undefined
      ? await taskOfReport(flags.error ?? "", call)
      : await taskOfFile(word, position, call, bucket);
  return { text, document: parseTask(text) };
}

async function taskOfReport(id: string, call: Call): Promise<string> {
  const url = settingsOf(call).errorQueue;
  await using queue = await openToLook(url, call);
  const message = queue && (await findMessages(queue, [id], { signal: call.signals.signal })).get(id);
  if (message === undefined) {
    throw new SimpleTasksError("io", `there is no report ${id} in ${url}`, {
      hint: "`simpletasks errors list` shows which there are.",
    });
  }
  const { report, task } = reportEntry(message);
  if (task.obstacle === undefined && report.taskText !== undefined) return report.taskText;
  const why = task.obstacle?.message ?? "the report names no task";
  throw new SimpleTasksError("task_unparsable", `report ${id} cannot be run: ${why}`, {
    hint: `\`simpletasks errors show ${id}\` shows all of it.`,
  });
}

/** @throws `usage` */
function positionOf({ words, flags }: Call<RunFlags>): number | undefined {
  if (flags.task === undefined) return undefined;
  if (words.length === 0) {
    throw new SimpleTasksError("usage", "--task goes with a batch file: a report has one task");
  }
  if (/^\d{1,15}$/.test(flags.task)) return Number(flags.task);
  throw new SimpleTasksError("usage", `--task must be a whole number from 0, not "${flags.task}"`);
}

/** @param position the place of the task in the batch; undefined for what `word` says */
async function taskOfFile(
  word: string,
  position: number | undefined,
  call: Call,
  bucket: Bucket,
): Promise<string> {
  const { name, line } = placeOf(word, call.currentDirectory);
  const file = path.resolve(call.currentDirectory, name);
  const batch = readBatch(file, { name, bucket: async () => bucket, signal: call.signals.signal });
  if (position !== undefined) {
    if (line === undefined) return await taskAt(position, batch.entries(), name);
    throw new SimpleTasksError("usage", `--task goes with the file alone, not with its line ${line}`, {
      hint: `Give ${name} with --task, or ${word} without.`,
    });
  }
  let last: BatchEntry | undefined;
  for await (const entry of batch.entries()) {
    if (line !== undefined && entry.line > line) break;
    last = entry;
    if (line === undefined || entry.endLine >= line) return taskOf(entry, 0, name);
  }
  if (line === undefined)
    throw new SimpleTasksError("task_unparsable", `${name}: there is no task in this file`);
  throw new SimpleTasksError("usage", `${name}:${line}: no task stands at this line`, {
    hint:
      last === undefined
        ? "The first one begins further down."
        : `The one before it stands at line ${last.line}: ${name}:${last.line}.`,
  });
}

async function taskAt(position: number, entries: AsyncIterable<BatchEntry>, name: string): Promise<string> {
  let count = 0;
  for await (const entry of entries) {
    count = entry.position + entry.count;
    if (position < count) return taskOf(entry, position - entry.position, name);
  }
  throw new SimpleTasksError(
    "usage",
    `${name}: there is no task ${position}; it has ${counted(count, "task")}, counted from 0`,
  );
}

/** A file whose own name ends like a line number is found, too. */
function placeOf(
  word: string,
  directory: string,
): { readonly name: string; readonly line: number | undefined } {
  const [, name, line] = /^(.+):(\d{1,15})$/.exec(word) ?? [];
  if (name === undefined || existsSync(path.resolve(directory, word))) return { name: word, line: undefined };
  return { name, line: Number(line) };
}

function taskOf(entry: BatchEntry, index: number, name: string): string {
  if (entry.kind === "wrong") {
    const [first] = entry.mistakes;
    throw (
      first ?? new SimpleTasksError("internal", `${name}:${entry.line}: an entry is wrong without a mistake`)
    );
  }
  if (entry.count > 0) return entry.task(index).message;
  throw new SimpleTasksError("task_unparsable", `${name}:${entry.line}: this template makes no task`);
}
