import { SimpleTasksError } from "../../shared/errors.ts";
import { layerOfWords, type Layer, type SettingName } from "./layers.ts";

export const classicForm = "TASK_QUEUE ERROR_QUEUE [DONE_QUEUE] BUCKET CACHE_DIRECTORY POLL_SECONDS";

const names: Readonly<Record<string, SettingName>> = {
  TASK_QUEUE: "task_queue",
  ERROR_QUEUE: "error_queue",
  DONE_QUEUE: "done_queue",
  BUCKET: "bucket",
  CACHE_DIRECTORY: "cache",
  POLL_SECONDS: "poll_seconds",
};

/**
 * SimpleTasks' positional start: five words, or six with a done queue. No word: an empty layer.
 * @throws `usage` for another number of words.
 */
export function classicLayer(words: readonly string[], base: string): Layer {
  if (words.length === 0) return {};
  if (words.length !== 5 && words.length !== 6) {
    throw new SimpleTasksError("usage", `the classic form has five or six words, not ${words.length}`, {
      hint: `It is: simpletasks daemon ${classicForm}`,
    });
  }
  const order = Object.keys(names).filter((name) => words.length === 6 || name !== "DONE_QUEUE");
  const given = Object.fromEntries(order.map((name, index) => [names[name], words[index]]));
  return layerOfWords(given, base, (setting) => ({
    kind: "word",
    word: order.find((name) => names[name] === setting) ?? setting,
  }));
}
