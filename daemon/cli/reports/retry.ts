import { retryReports } from "../../../shared/repair/retry.ts";
import { settingsOf, type Call } from "../call.ts";
import { escapeForTerminal } from "../escape.ts";
import { exitCodes } from "../exit-codes.ts";
import { counted } from "../format.ts";
import { openNamedQueue, openToLook } from "../queues.ts";
import { choiceOf, chosenReports } from "./chosen.ts";
import { readReplacement } from "./replacement.ts";
import { openTelling } from "./telling.ts";
import type { RetryFlags } from "./words.ts";

/** `errors retry` */
export async function errorsRetry(call: Call<RetryFlags>): Promise<number> {
  const { terminal, flags, signals } = call;
  const settings = settingsOf(call);
  const choice = await choiceOf(call);
  const replacement =
    flags.with === undefined ? undefined : await readReplacement(flags.with, choice.ids, call);
  await using errorQueue = await openToLook(settings.errorQueue, call);
  const reports = await chosenReports(errorQueue, choice, signals);
  if (errorQueue === undefined || reports.length === 0) {
    terminal.tell(escapeForTerminal(`no reports to retry in ${settings.errorQueue}`));
    if (flags.json === true) await terminal.print(JSON.stringify({ retried: 0, kept: 0, left: 0 }));
    return choice.ids.length === 0 ? exitCodes.done : exitCodes.failed;
  }
  await using taskQueue = await openNamedQueue(settings.taskQueue, signals.signal);
  const telling = openTelling(call, "sent again");
  const outcome = await retryReports({
    errorQueue,
    taskQueue,
    reports,
    replacement,
    signal: signals.signal,
    onKept: telling.onKept,
    onProgress: (ended) => terminal.status(`retried ${ended} of ${counted(reports.length, "report")}`),
  });
  const { ended, kept, left } = outcome;
  if (flags.json === true) await terminal.print(JSON.stringify({ retried: ended, kept, left }));
  else if (ended > 0)
    await terminal.print(`sent ${counted(ended, "task")} again to ${escapeForTerminal(taskQueue.url)}`);
  return telling.end(outcome);
}
