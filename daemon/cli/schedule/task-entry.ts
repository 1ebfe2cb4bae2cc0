import { SimpleTasksError, isSimpleTasksError } from "../../../shared/errors.ts";
import { parseTask } from "../../../shared/task/document.ts";
import { isJsonObject, parseJson, toAscii } from "../../../shared/task/json.ts";
import { memberText } from "../../../shared/task/json-text.ts";
import { suggestion } from "../../../shared/nearest-word.ts";

/**
 * The message of one entry of a task list: a whole task document, which stays as it is written, or the short form
 * `{"task", "base_directory", "inputs"?, "payload"?, "id"?}`, whose parts are put into one by their texts.
 *
 * @param position the task's place in its batch: the id of a short form that has none
 * @throws `task_unparsable` or `key_invalid`, naming the field
 */
export function taskOfEntry(text: string, position: number): string {
  const entry = parseEntry(text);
  if (!isJsonObject(entry) || "basic_info" in entry || "payload_info" in entry) {
    parseTask(text);
    return text;
  }
  const unknown = Object.keys(entry).find((key) => !shortKeys.includes(key));
  if (unknown !== undefined) {
    throw new SimpleTasksError(
      "task_unparsable",
      `unknown key "${unknown}"${suggestion(unknown, shortKeys)}`,
    );
  }
  const missing = ["task", "base_directory"].find((key) => !(key in entry));
  if (missing !== undefined) {
    throw new SimpleTasksError("task_unparsable", `${missing} is missing`, {
      hint: 'In short a task is {"task": NAME, "base_directory": KEY}, and if need be "inputs", "payload", "id".',
    });
  }
  const part = (key: string, otherwise: string): string => memberText(text, key) ?? otherwise;
  const document = toAscii(
    `{"basic_info":{"id":${part("id", String(position))},"name":${part("task", "null")},` +
      `"base_directory":${part("base_directory", "null")},"inputs":${part("inputs", "[]")}},` +
      `"payload_info":${part("payload", "null")}}`,
  );
  try {
    parseTask(document);
  } catch (error) {
    throw inShortForm(error);
  }
  return document;
}

const shortKeys = ["task", "base_directory", "inputs", "payload", "id"];

function parseEntry(text: string): ReturnType<typeof parseJson> {
  try {
    return parseJson(text);
  } catch (cause) {
    throw new SimpleTasksError("task_unparsable", "this is not JSON", { cause });
  }
}

/** The mistake with the field's name as it stands in the short form. */
function inShortForm(error: unknown): unknown {
  if (!isSimpleTasksError(error)) return error;
  const message = error.message
    .replace(/^basic_info\.name\b/, "task")
    .replace(/^basic_info\./, "")
    .replace(/^payload_info\b/, "payload");
  return new SimpleTasksError(error.code, message, {
    cause: error,
    ...(error.hint !== undefined && { hint: error.hint }),
  });
}
