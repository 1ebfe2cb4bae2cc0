import type { TypeFailure, TypeReader } from "../daemon/type-reader/type-reader.ts";
import { isSimpleTasksError, type SimpleTasksError } from "../errors.ts";
import type { Path } from "../json-syntax.ts";
import { suggestion } from "../nearest-word.ts";
import { parseTask, type TaskDocument } from "../task/document.ts";
import { memberText } from "../task/json-text.ts";
import type { TaskCheck } from "../task/task-check.ts";
import type { BatchTask, WrongEntry } from "./entry.ts";
import { createPositionSet } from "./position-set.ts";
import type { Batch } from "./read-batch.ts";

export interface CheckBatchOptions {
  readonly types: Pick<TypeReader, "types" | "check">;
  /** Whether tasks of types that nobody here knows are sound too. */
  readonly allowUnknown: boolean;
  /** Called for each task that is sound, in order. */
  readonly onSound?: (task: BatchTask, document: TaskDocument) => void;
  /** Called now and then with how many tasks were checked. */
  readonly onProgress?: (checked: number) => void;
  readonly signal: AbortSignal;
}

/** What a first pass through a batch has found. */
export interface BatchCheck {
  /** Tasks in the file, the invalid ones included. An entry that is wrong as a whole counts as one. */
  readonly tasks: number;
  readonly invalid: number;
  /** The first mistakes, {@link mistakesKept} at most, in the file's order, each with its place. */
  readonly mistakes: readonly SimpleTasksError[];
  readonly mistakeCount: number;
  /** Task files that do not load: their types count as unknown. */
  readonly failures: readonly TypeFailure[];
  isInvalid(position: number): boolean;
}

export const mistakesKept = 20;

/** Tasks that are sent to the task types' schemas together. */
const chunkSize = 1000;

/**
 * Goes through a batch without sending anything: every task must be a task document whose type is known and whose payload
 * is what the type takes.
 *
 * @throws what {@link Batch.entries} and the type reader throw; never for a mistake in an entry
 */
export async function checkBatch(batch: Batch, options: CheckBatchOptions): Promise<BatchCheck> {
  const { types, allowUnknown, onSound, onProgress, signal } = options;
  const known = await types.types();
  const names = known.types.map(({ name }) => name);
  const mistakes: SimpleTasksError[] = [];
  const invalid = createPositionSet();
  let mistakeCount = 0;
  let tasks = 0;
  let chunk: Item[] = [];
  /** One chunk is with the types while the next one is read. */
  let checking: Promise<void> = Promise.resolve();

  function refuse(position: number, found: readonly Mistake[]): void {
    invalid.add(position);
    mistakeCount += found.length;
    mistakes.push(...found.slice(0, mistakesKept - mistakes.length).map((tell) => tell()));
  }

  async function checkChunk(items: readonly Item[], checked: number): Promise<void> {
    const readable = items.filter((item) => item.kind === "task");
    const checks = await types.check(
      readable.map(({ task, document }) => ({
        name: document.name,
        payload: memberText(task.message, "payload_info") ?? "null",
      })),
    );
    const checkOf = new Map(readable.map((item, index) => [item, checks[index]]));
    for (const item of items) {
      if (item.kind === "wrong") {
        refuse(item.position, item.mistakes);
        continue;
      }
      const check = checkOf.get(item) ?? { kind: "fine" };
      const found = mistakesOf(item, check, allowUnknown, names);
      if (found.length > 0) refuse(item.task.position, found);
      else onSound?.(item.task, item.document);
    }
    onProgress?.(checked);
  }

  async function handOver(): Promise<void> {
    signal.throwIfAborted();
    await checking;
    checking = checkChunk(chunk, tasks);
    // Heard of when the next chunk is handed over.
    checking.catch(() => {});
    chunk = [];
  }

  try {
    for await (const entry of batch.entries()) {
      for (let index = 0; index < entry.count; index += 1) {
        chunk.push(entry.kind === "wrong" ? wrongItem(entry) : readTask(entry.task(index)));
        tasks += 1;
        if (chunk.length === chunkSize) await handOver();
      }
    }
    await handOver();
    await checking;
  } finally {
    // Nothing is told after the end, whatever it was.
    await Promise.allSettled([checking]);
  }
  return {
    tasks,
    invalid: invalid.size,
    mistakes,
    mistakeCount,
    failures: known.failures,
    isInvalid: (position) => invalid.has(position),
  };
}

type Item = WrongItem | ReadTask;

/** Makes the error: finding its place costs a look through the entry, which only the mistakes that are kept are worth. */
type Mistake = () => SimpleTasksError;

interface WrongItem {
  readonly kind: "wrong";
  readonly position: number;
  readonly mistakes: readonly Mistake[];
}

interface ReadTask {
  readonly kind: "task";
  readonly task: BatchTask;
  readonly document: TaskDocument;
}

function wrongItem({ position, mistakes }: WrongEntry): WrongItem {
  return { kind: "wrong", position, mistakes: mistakes.map((mistake) => () => mistake) };
}

function readTask(task: BatchTask): Item {
  try {
    return { kind: "task", task, document: parseTask(task.message) };
  } catch (error) {
    if (!isSimpleTasksError(error)) throw error;
    return { kind: "wrong", position: task.position, mistakes: [() => documentMistake(task, error)] };
  }
}

/** The mistake in a document, with the field's name as the file has it. */
export function documentMistake(task: BatchTask, error: SimpleTasksError): SimpleTasksError {
  const { field } = error.about;
  const { code, hint, message } = error;
  if (typeof field !== "string") return task.mistake([], message, { code, hint });
  const what = message.startsWith(field) ? message.slice(field.length) : `: ${message}`;
  return task.mistake(pathOfField(field), what, { code, hint });
}

function mistakesOf(
  { task, document }: ReadTask,
  check: TaskCheck,
  allowUnknown: boolean,
  names: readonly string[],
): Mistake[] {
  switch (check.kind) {
    case "fine":
      return [];
    case "unknown_type": {
      if (allowUnknown) return [];
      return [
        () => {
          const what = `: there is no task type ${JSON.stringify(document.name)}${suggestion(document.name, names)}`;
          return task.mistake(["basic_info", "name"], what, { code: "task_type_unknown" });
        },
      ];
    }
    case "invalid":
      return check.problems.map(
        ({ path, message }) =>
          () =>
            task.mistake(["payload_info", ...path], `: ${message}`, { code: "payload_invalid" }),
      );
  }
}

/** `basic_info.inputs[3]` → its steps. */
function pathOfField(field: string): Path {
  return [...field.matchAll(/([^.[\]]+)|\[(\d+)\]/g)].map(([, name, index]) =>
    index === undefined ? (name ?? "") : Number(index),
  );
}
