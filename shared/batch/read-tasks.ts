import type { Bucket } from "../bucket/bucket.ts";
import { isSimpleTasksError, SimpleTasksError } from "../errors.ts";
import { parseTask } from "../task/document.ts";
import { documentMistake } from "./check-batch.ts";
import type { BatchTask } from "./entry.ts";
import { readBatch } from "./read-batch.ts";
import type { PlacedTask } from "./schedule.ts";

export interface ReadTasksOptions {
  /** Where the globs of templates look. Needed only where there is one. */
  readonly bucket?: Bucket;
  readonly signal?: AbortSignal;
}

/**
 * The tasks of a batch file (a list, a template, or one a line), one after another, for `schedule`:
 * `await schedule(queue, readTasks("grid.tasks.json"))`. No task type's schema is asked.
 *
 * @throws at the first mistake, with file, line and column: `task_unparsable`, `key_invalid`; `io`
 */
export async function* readTasks(
  file: string,
  { bucket, signal = new AbortController().signal }: ReadTasksOptions = {},
): AsyncGenerator<PlacedTask, void, undefined> {
  const batch = readBatch(file, {
    async bucket() {
      if (bucket !== undefined) return bucket;
      throw new SimpleTasksError("usage", `${file} has a glob, and there is no bucket for it to look into`, {
        hint: 'Pass one: readTasks(file, { bucket: await openBucket("file:bucket") }).',
      });
    },
    signal,
  });
  for await (const entry of batch.entries()) {
    if (entry.kind === "wrong") throw entry.mistakes[0];
    for (let index = 0; index < entry.count; index += 1) yield checked(entry.task(index));
  }
}

function checked(task: BatchTask): PlacedTask {
  try {
    parseTask(task.message);
    return task;
  } catch (error) {
    throw isSimpleTasksError(error) ? documentMistake(task, error) : error;
  }
}
