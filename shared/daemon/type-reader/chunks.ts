import type { TaskToCheck } from "../../task/task-check.ts";

/** Most tasks and characters of payloads in one chunk; a larger payload goes alone. */
const MOST_TASKS = 200;
const MOST_CHARACTERS = 2 ** 20;

/** The tasks in order, in pieces of a bounded size; none is empty. */
export function* inChunks(tasks: readonly TaskToCheck[]): Generator<readonly TaskToCheck[]> {
  let chunk: TaskToCheck[] = [];
  let characters = 0;
  for (const task of tasks) {
    const size = task.name.length + task.payload.length;
    if (chunk.length === MOST_TASKS || (chunk.length > 0 && characters + size > MOST_CHARACTERS)) {
      yield chunk;
      chunk = [];
      characters = 0;
    }
    chunk.push(task);
    characters += size;
  }
  if (chunk.length > 0) yield chunk;
}
