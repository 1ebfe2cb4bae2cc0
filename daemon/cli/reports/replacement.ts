import { checkBatch, type BatchCheck } from "../../../shared/batch/check-batch.ts";
import { readBatch } from "../../../shared/batch/read-batch.ts";
import { openTypeReader } from "../../../shared/daemon/type-reader/type-reader.ts";
import { SimpleTasksError } from "../../../shared/errors.ts";
import { findTaskFiles } from "../../config/task-files.ts";
import { settingsOf, type Call } from "../call.ts";
import { openBatchFile } from "../schedule/batch-file.ts";
import { invalidBatch, mistakesInJson, tellFailures } from "../schedule/mistakes.ts";
import type { RetryFlags } from "./words.ts";

/**
 * The task document of `--with FILE`, which is read and checked as `schedule` does it: its type must be known here, and its
 * payload what the type takes.
 *
 * @param file `-` for standard input
 * @param ids the reports' whose task it replaces
 * @throws `usage` unless that is one report; what is wrong with the file or with the task in it
 */
export async function readReplacement(
  file: string,
  ids: readonly string[],
  call: Call<RetryFlags>,
): Promise<string> {
  if (ids.length !== 1)
    throw new SimpleTasksError("usage", "--with mends one report's task: give its id alone");
  const { check, message } = await checkFile(file, call);
  if (check.tasks !== 1) {
    const name = file === "-" ? "standard input" : file;
    const found = check.tasks === 0 ? "no task" : `${check.tasks.toLocaleString("en")} tasks`;
    throw new SimpleTasksError("task_unparsable", `${name}: here is ${found}, but one is to be sent`);
  }
  if (message !== undefined) return message;
  if (call.flags.json === true) {
    await call.terminal.print(JSON.stringify({ retried: 0, kept: 0, left: 1, ...mistakesInJson(check) }));
  }
  throw invalidBatch(check, false);
}

interface CheckedFile {
  readonly check: BatchCheck;
  /** The last sound task in it; undefined when there is none. */
  readonly message: string | undefined;
}

async function checkFile(file: string, call: Call<RetryFlags>): Promise<CheckedFile> {
  const { flags, terminal, environment, currentDirectory } = call;
  const { signal } = call.signals;
  const settings = settingsOf(call);
  await using opened = await openBatchFile(file, currentDirectory, signal);
  const { name } = opened;
  const batch = readBatch(opened.path, {
    name,
    signal,
    // Only a template looks into the bucket.
    async bucket() {
      throw new SimpleTasksError(
        "task_unparsable",
        `${name}: here is a template, but one task is to be sent`,
      );
    },
  });
  await using types = openTypeReader({
    taskFiles: await findTaskFiles(settings),
    directory: settings.workspace,
    environment,
    signal,
  });
  let message: string | undefined;
  const check = await checkBatch(batch, {
    types,
    allowUnknown: flags.allowUnknown === true,
    onSound(task) {
      ({ message } = task);
    },
    signal,
  });
  tellFailures(check.failures, terminal);
  return { check, message };
}
