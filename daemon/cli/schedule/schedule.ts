import { SimpleTasksError } from "../../../shared/errors.ts";
import { schedule as scheduleTasks } from "../../../shared/batch/schedule.ts";
import { settingsOf, type Call } from "../call.ts";
import { exitCodes } from "../exit-codes.ts";
import { counted } from "../format.ts";
import { openNamedQueue } from "../queues.ts";
import { openTaskList } from "./task-list.ts";

/** `schedule FILE`: goes through the whole list first, then sends it. */
export async function schedule(call: Call): Promise<number> {
  const { terminal, signals, flags } = call;
  const [file = "-"] = call.words;
  const settings = settingsOf(call);
  await using list = await openTaskList(file, signals.signal);
  let total = 0;
  for await (const _message of list.messages()) {
    signals.signal.throwIfAborted();
    total += 1;
  }
  if (total === 0) {
    throw new SimpleTasksError("task_unparsable", `no tasks in ${file === "-" ? "standard input" : file}`);
  }
  await using queue = await openNamedQueue(settings.taskQueue, signals.signal);
  const { batch, scheduled } = await scheduleTasks(queue, list.messages(), {
    signal: signals.signal,
    onProgress: (progress) => terminal.status(`scheduled ${progress.scheduled} of ${counted(total, "task")}`),
  });
  if (flags.json === true) await terminal.print(JSON.stringify({ batch, scheduled, queue: queue.url }));
  else await terminal.print(`scheduled ${counted(scheduled, "task")} in ${queue.url}\nbatch ${batch}`);
  return exitCodes.done;
}
