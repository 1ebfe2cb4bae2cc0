import { checkBatch, type BatchCheck, type CheckBatchOptions } from "../../../shared/batch/check-batch.ts";
import { readBatch, type Batch } from "../../../shared/batch/read-batch.ts";
import { schedule as scheduleTasks, type PlacedTask } from "../../../shared/batch/schedule.ts";
import type { Bucket } from "../../../shared/bucket/bucket.ts";
import { createMemoryBucket } from "../../../shared/bucket/memory.ts";
import { openTypeReader } from "../../../shared/daemon/type-reader/type-reader.ts";
import { SimpleTasksError } from "../../../shared/errors.ts";
import { createResources } from "../../../shared/resources.ts";
import type { Settings } from "../../config/settings.ts";
import { findTaskFiles } from "../../config/task-files.ts";
import { openToLook } from "../bucket/open.ts";
import { settingsOf, type Call } from "../call.ts";
import { exitCodes } from "../exit-codes.ts";
import { counted } from "../format.ts";
import { openProgress } from "../progress.ts";
import { openNamedQueue } from "../queues.ts";
import { openBatchFile } from "./batch-file.ts";
import { invalidBatch, mistakesInJson, tellFailures, tellSkipped } from "./mistakes.ts";
import { openPreview } from "./preview.ts";
import type { ScheduleFlags } from "./words.ts";

/** `schedule FILE`: goes through the whole batch first, then sends it. */
export async function schedule(call: Call<ScheduleFlags>): Promise<number> {
  const { flags, terminal, signals } = call;
  const { signal } = signals;
  const [typed = "-"] = call.words;
  const settings = settingsOf(call);
  await using resources = createResources();
  const file = resources.use(await openBatchFile(typed, call.currentDirectory, signal));
  let opened: Promise<Bucket> | undefined;
  const bucket = (): Promise<Bucket> =>
    (opened ??= bucketToLook(call, settings).then((found) => resources.use(found)));
  const progress = openProgress(terminal);
  const batch = readBatch(file.path, {
    name: file.name,
    bucket,
    onListed: (keys) => progress(() => `looked at ${counted(keys, "key")}`),
    signal,
  });

  const preview = flags.dryRun === true ? openPreview() : undefined;
  const check = await firstPass(batch, settings, call, preview && { onSound: preview.add });
  const sound = check.tasks - check.invalid;
  if (check.tasks === 0) throw new SimpleTasksError("task_unparsable", `no tasks in ${batch.name}`);
  if (check.invalid > 0 && (flags.skipInvalid !== true || sound === 0)) {
    if (flags.json === true) await terminal.print(JSON.stringify({ scheduled: 0, ...mistakesInJson(check) }));
    throw invalidBatch(check, flags.skipInvalid === true);
  }
  tellSkipped(check, terminal);
  if (preview === undefined) await send(batch, check, settings, call);
  else await preview.print(call, { check, queue: settings.taskQueue, bucket: await bucket() });
  return exitCodes.done;
}

/** The bucket of the settings. One in a folder that is not there is not made for looking: it is as good as empty. */
async function bucketToLook(call: Call, settings: Settings): Promise<Bucket> {
  return (await openToLook(call)) ?? { ...createMemoryBucket(), url: settings.bucket };
}

async function firstPass(
  batch: Batch,
  settings: Settings,
  { terminal, signals, flags, environment }: Call<ScheduleFlags>,
  more: Pick<CheckBatchOptions, "onSound"> = {},
): Promise<BatchCheck> {
  const { signal } = signals;
  await using types = openTypeReader({
    taskFiles: await findTaskFiles(settings),
    directory: settings.workspace,
    environment,
    signal,
  });
  const progress = openProgress(terminal);
  try {
    const check = await checkBatch(batch, {
      types,
      allowUnknown: flags.allowUnknown === true,
      onProgress: (checked) => progress(() => `checked ${counted(checked, "task")}`),
      signal,
      ...more,
    });
    tellFailures(check.failures, terminal);
    return check;
  } catch (cause) {
    if (!signal.aborted) throw cause;
    throw new SimpleTasksError("aborted", "stopped while the batch was checked: nothing was sent", { cause });
  }
}

async function send(
  batch: Batch,
  check: BatchCheck,
  settings: Settings,
  { terminal, signals, flags }: Call,
): Promise<void> {
  const { signal } = signals;
  const total = check.tasks - check.invalid;
  const progress = openProgress(terminal);
  await using queue = await openNamedQueue(settings.taskQueue, signal);
  const { batch: id, scheduled } = await scheduleTasks(queue, soundTasks(batch, check), {
    signal,
    onProgress: (sent) =>
      progress(() => `scheduled ${sent.scheduled.toLocaleString("en")} of ${counted(total, "task")}`),
  });
  if (flags.json === true) {
    const skipped = check.invalid > 0 ? mistakesInJson(check) : {};
    await terminal.print(JSON.stringify({ batch: id, scheduled, queue: queue.url, ...skipped }));
  } else await terminal.print(`scheduled ${counted(scheduled, "task")} in ${queue.url}\nbatch ${id}`);
}

/** Each at its place in the file, whatever was left out before it. */
async function* soundTasks(batch: Batch, check: BatchCheck): AsyncGenerator<PlacedTask, void, undefined> {
  for await (const entry of batch.entries()) {
    if (entry.kind === "wrong") continue;
    for (let index = 0; index < entry.count; index += 1) {
      if (!check.isInvalid(entry.position + index)) yield entry.task(index);
    }
  }
}
