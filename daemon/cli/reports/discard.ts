import { discardReports } from "../../../shared/repair/discard.ts";
import { settingsOf, type Call } from "../call.ts";
import { confirm } from "../confirm.ts";
import { escapeForTerminal } from "../escape.ts";
import { exitCodes } from "../exit-codes.ts";
import { counted } from "../format.ts";
import { openNamedQueue, openToLook } from "../queues.ts";
import { choiceOf, chosenReports } from "./chosen.ts";
import { openTelling } from "./telling.ts";
import type { DiscardFlags } from "./words.ts";
import { openWastebasket } from "./wastebasket.ts";

/** `errors discard`: the reports go to standard output or a file before they are deleted. */
export async function errorsDiscard(call: Call<DiscardFlags>): Promise<number> {
  const { terminal, flags, signals } = call;
  const settings = settingsOf(call);
  const choice = await choiceOf(call);
  await using errorQueue = await openToLook(settings.errorQueue, call);
  const reports = await chosenReports(errorQueue, choice, signals);
  if (errorQueue === undefined || reports.length === 0) {
    terminal.tell(escapeForTerminal(`no reports to discard in ${settings.errorQueue}`));
    return choice.ids.length === 0 ? exitCodes.done : exitCodes.failed;
  }
  const whose = reports.length === 1 ? "its task" : "their tasks";
  const question = `discard ${counted(reports.length, "report")} of ${errorQueue.url} and give ${whose} up?`;
  if (!(await confirm(call, question))) return exitCodes.failed;
  await using taskQueue = await openNamedQueue(settings.taskQueue, signals.signal);
  await using wastebasket = await openWastebasket(flags.to, call);
  const telling = openTelling(call, "discarded");
  const outcome = await discardReports({
    errorQueue,
    taskQueue,
    reports,
    write: wastebasket.write,
    signal: signals.signal,
    onKept: telling.onKept,
    onProgress: (ended) => terminal.status(`discarded ${ended} of ${counted(reports.length, "report")}`),
  });
  if (outcome.ended > 0) terminal.tell(`discarded ${counted(outcome.ended, "report")}${wastebasket.where}`);
  return telling.end(outcome);
}
