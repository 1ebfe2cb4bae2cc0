import { SimpleTasksError } from "../../../shared/errors.ts";
import type { PeekedMessage, Queue } from "../../../shared/queue/queue.ts";
import { parseTask } from "../../../shared/task/document.ts";
import { readReport } from "../../../shared/task/read-report.ts";
import { settingsOf, type Call, type Command } from "../call.ts";
import { escapeForTerminal } from "../escape.ts";
import { exitCodes } from "../exit-codes.ts";
import { counted } from "../format.ts";
import { openToLook } from "../queues.ts";
import type { ListFlags } from "./words.ts";

/** `done list` */
export const doneList: Command<ListFlags> = (call) => list(call, settingsOf(call).doneQueue, describeDone);

/** `errors list` */
export const errorsList: Command<ListFlags> = (call) =>
  list(call, settingsOf(call).errorQueue, describeError);

const pageSize = 500;

async function list(
  call: Call<ListFlags>,
  url: string | undefined,
  describe: (body: string) => string,
): Promise<number> {
  const { terminal, flags } = call;
  if (url === undefined) {
    throw new SimpleTasksError("config_invalid", "there is no done queue: successes are not reported", {
      hint: "Give --done-queue, or done_queue in simpletasks.json.",
    });
  }
  const json = flags.json === true;
  const limit = limitOf(flags.limit) ?? (json ? Infinity : 100);
  await using queue = await openToLook(url, call);
  let shown = 0;
  for await (const { body } of queue === undefined ? [] : messagesOf(queue, call)) {
    if (shown === limit || terminal.closed) break;
    if (json) await terminal.printRaw(body);
    else await terminal.print(describe(body));
    shown += 1;
  }
  if (!json && queue !== undefined) await tellRest(queue, shown, call);
  if (!json && shown === 0) terminal.tell(`no reports in ${url}`);
  return exitCodes.done;
}

async function* messagesOf(queue: Queue, { signals }: Call): AsyncGenerator<PeekedMessage, void, undefined> {
  if (queue.peek === undefined) {
    throw new SimpleTasksError("not_supported", `${queue.url} cannot be read without taking messages out`);
  }
  let after: string | undefined;
  for (;;) {
    const page = await queue.peek({ max: pageSize, after, signal: signals.signal });
    yield* page;
    after = page.at(-1)?.id;
    if (after === undefined) return;
  }
}

async function tellRest(queue: Queue, shown: number, { terminal, signals }: Call): Promise<void> {
  const { visible, leased, delayed } = await queue.stats({ signal: signals.signal });
  const rest = visible + leased + delayed - shown;
  if (shown > 0 && rest > 0) terminal.tell(`and ${counted(rest, "more report")} (--limit N shows more)`);
}

function describeDone(body: string): string {
  const { outputs, hostname, durationMs, taskText } = readReport(body);
  const took = durationMs === undefined ? "" : ` in ${(durationMs / 1000).toFixed(2)} s`;
  const where = hostname === undefined ? "" : ` on ${hostname}`;
  return escapeForTerminal(`${describeTask(taskText)}: ${counted(outputs.length, "output")}${took}${where}`);
}

function describeError(body: string): string {
  const { exception, error, phase, attempt, taskText } = readReport(body);
  const reason = error?.message ?? exception ?? body;
  const [firstLine = ""] = reason.trim().split("\n");
  const when = [phase, attempt === undefined ? undefined : `attempt ${attempt}`].filter(
    (part) => part !== undefined,
  );
  const place = when.length === 0 ? "" : ` (${when.join(", ")})`;
  return escapeForTerminal(`${describeTask(taskText)}${place}: ${shortened(firstLine)}`);
}

/** `NO_OP 4`, or the beginning of what is no task. */
function describeTask(text: string | undefined): string {
  if (text === undefined) return "unknown task";
  try {
    const { name, id } = parseTask(text);
    return `${name} ${id}`;
  } catch {
    return shortened(text);
  }
}

function shortened(text: string): string {
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}

function limitOf(word: string | undefined): number | undefined {
  if (word === undefined) return undefined;
  if (/^\d+$/.test(word)) return Number(word);
  throw new SimpleTasksError("usage", `--limit must be a whole number, not "${word}"`);
}
