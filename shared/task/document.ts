import { isReservedKey, joinKey, showKey, validateKey } from "../bucket/key.ts";
import { messageOf, SimpleTasksError } from "../errors.ts";
import { checkId, checkInputs, checkText, unparsable } from "./document-fields.ts";
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseJson,
  quoteJson,
  stringifyJson,
  toAscii,
} from "./json.ts";
import { editMembers, memberText } from "./json-text.ts";
import { type Marks, marksKey, readMarks } from "./marks.ts";

/** A message's text, read as a task. The text itself stays what is passed on: nothing is ever written from this. */
export interface TaskDocument extends Marks {
  /** A number, a bigint beyond ±(2^53 − 1), or the decimal string that the message carried; -1 when it had none. */
  readonly id: number | bigint | string;
  readonly name: string;
  readonly baseDirectory: string;
  /** As they stand in the message; relative to `baseDirectory`. */
  readonly inputs: readonly string[];
  /** The bucket's keys of the inputs, in their order. */
  readonly inputKeys: readonly string[];
  readonly payload: JsonValue;
  /** What was ignored in the document and why, for the log. */
  readonly warnings: readonly string[];
}

/**
 * Reads a message's text as a task document.
 *
 * @throws `task_unparsable` saying which field is wrong, what it must be and what was found; `key_invalid` when an input
 *   leaves the bucket or lies where tasks may not reach. `about.field` is the field's path, `basic_info.inputs[3]`, where
 *   one field is at fault.
 */
export function parseTask(text: string): TaskDocument {
  const document = parsedObject(text);
  const basicInfo = document["basic_info"];
  if (!isJsonObject(basicInfo)) throw unparsable("basic_info", "an object", basicInfo);
  refuseDependencies(document, basicInfo);
  const id = checkId(basicInfo["id"]);
  const name = checkText("basic_info.name", basicInfo["name"]);
  const baseDirectory = checkText("basic_info.base_directory", basicInfo["base_directory"]);
  const inputs = checkInputs(basicInfo["inputs"]);
  const inputKeys = keysOf(baseDirectory, inputs);
  const payload = document["payload_info"];
  if (payload === undefined) throw unparsable("payload_info", "there; any JSON will do", payload);
  const { marks, warnings } = readMarks(document[marksKey]);
  return { id, name, baseDirectory, inputs, inputKeys, payload, ...marks, warnings };
}

/** A task as code writes it down; `taskText` makes its message. */
export interface TaskDraft {
  /** A whole number of 64 bits, or its decimal string. Default: none, which reads as -1. */
  readonly id?: number | bigint | string | undefined;
  /** The task type's name, not blank. */
  readonly name: string;
  readonly baseDirectory: string;
  /** Relative to `baseDirectory`; may be empty. */
  readonly inputs: readonly string[];
  /** Anything that JSON can carry unchanged; bigints too. */
  readonly payload: unknown;
}

/**
 * The message of a task, in ASCII.
 *
 * @throws what {@link parseTask} throws for the same fields; `payload_invalid` with the path of a value in the payload
 *   that JSON would drop or change.
 */
export function taskText(draft: TaskDraft): string {
  if (draft.id !== undefined) checkId(draft.id);
  checkText("basic_info.name", draft.name);
  checkText("basic_info.base_directory", draft.baseDirectory);
  checkInputs(draft.inputs);
  keysOf(draft.baseDirectory, draft.inputs);
  const id = draft.id === undefined ? "" : `"id":${stringifyJson(draft.id)},`;
  const inputs = draft.inputs.map(quoteJson).join(",");
  return (
    `{"basic_info":{${id}"name":${quoteJson(draft.name)},` +
    `"base_directory":${quoteJson(draft.baseDirectory)},"inputs":[${inputs}]},` +
    `"payload_info":${stringifyJson(draft.payload, "payload_info")}}`
  );
}

/** The same task after `attempts` failed attempts. Emits ASCII; all else stays as it was written. */
export function withAttempts(text: string, attempts: number): string {
  return withMarks(text, { attempts: String(attempts) });
}

/** The same task as number `position` (from 0) of a batch. Emits ASCII; all else stays as it was written. */
export function withBatch(
  text: string,
  place: { readonly batch: string; readonly position: number },
): string {
  return withMarks(text, { batch: quoteJson(place.batch), position: String(place.position) });
}

/**
 * The same task for another try: its failed attempts are forgotten, its redrives counted one up. A text that is no
 * JSON object has no place for either and is passed on as it is.
 */
export function forRedrive(text: string): string {
  const document = objectOrUndefined(text);
  if (document === undefined) return text;
  const { redrives } = readMarks(document[marksKey]).marks;
  return withMarks(text, { attempts: undefined, redrives: String(redrives + 1) });
}

/** A `simpletasks` that is no object is worth nothing and gives way to one that is. */
function withMarks(text: string, changes: Readonly<Record<string, string | undefined>>): string {
  const current = memberText(text, marksKey);
  const marks = editMembers(current?.startsWith("{") ? current : "{}", changes);
  return toAscii(editMembers(text, { [marksKey]: marks }));
}

function parsedObject(text: string): JsonObject {
  let value: JsonValue;
  try {
    value = parseJson(text);
  } catch (error) {
    const reason =
      error instanceof RangeError
        ? "The message is nested too deeply to be read"
        : `The message is not JSON: ${messageOf(error)}`;
    throw new SimpleTasksError("task_unparsable", reason, { cause: error });
  }
  if (!isJsonObject(value))
    throw unparsable("the message", "an object with basic_info and payload_info", value);
  return value;
}

function objectOrUndefined(text: string): JsonObject | undefined {
  try {
    return parsedObject(text);
  } catch {
    return undefined;
  }
}

/** Reserved: until tasks can wait for one another, one that asks to must never run early. */
function refuseDependencies(document: JsonObject, basicInfo: JsonObject): void {
  const marks = document[marksKey];
  let field: string;
  if (document["depends_on"] !== undefined) field = "depends_on";
  else if (basicInfo["depends_on"] !== undefined) field = "basic_info.depends_on";
  else if (isJsonObject(marks) && marks["depends_on"] !== undefined) field = `${marksKey}.depends_on`;
  else return;
  throw new SimpleTasksError(
    "task_unparsable",
    `${field} is set, but tasks cannot wait for other tasks yet`,
    {
      about: { field },
      hint: "Schedule it without depends_on once the tasks before it are done.",
    },
  );
}

/** Every key begins with the first part of the base directory, so that part alone tells whether they are reserved. */
function keysOf(baseDirectory: string, inputs: readonly string[]): string[] {
  if (inputs.length === 0) refuseDirectory(baseDirectory);
  const keys = inputs.map((input, index) => {
    try {
      return joinKey(baseDirectory, input);
    } catch (error) {
      throw invalidKey(`basic_info.inputs[${index}]`, error);
    }
  });
  if (!isReservedKey(baseDirectory)) return keys;
  throw new SimpleTasksError(
    "key_invalid",
    `basic_info.base_directory: ${showKey(baseDirectory)} is refused: tasks may not use _simpletasks/.`,
    { about: { field: "basic_info.base_directory" } },
  );
}

function refuseDirectory(baseDirectory: string): void {
  try {
    validateKey(baseDirectory.endsWith("/") ? baseDirectory.slice(0, -1) : baseDirectory);
  } catch (error) {
    throw invalidKey("basic_info.base_directory", error);
  }
}

function invalidKey(field: string, error: unknown): unknown {
  if (!(error instanceof SimpleTasksError)) return error;
  return new SimpleTasksError(error.code, `${field}: ${error.message}`, {
    cause: error,
    about: { ...error.about, field },
    ...(error.hint !== undefined && { hint: error.hint }),
  });
}
