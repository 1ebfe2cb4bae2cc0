import { SimpleTasksError } from "../../../shared/errors.ts";
import type { Queue } from "../../../shared/queue/queue.ts";
import type { Call } from "../call.ts";
import { exitCodes } from "../exit-codes.ts";
import { counted } from "../format.ts";
import { linesOf, openText, type Line } from "../../../shared/lines.ts";
import { openNamedQueue, typedQueue } from "../queues.ts";
import type { Terminal } from "../terminal.ts";
import { escapeForTerminal } from "../escape.ts";

const groupSize = 1000;

/** `queue send URL FILE`: every line that is not empty is a message. A line that the queue refuses is told; the others go. */
export async function queueSend(call: Call): Promise<number> {
  const { terminal, signals, flags } = call;
  const [url = "", file = "-"] = call.words;
  await using queue = await openNamedQueue(typedQueue(url, call), signals.signal);
  const counts = { sent: 0, refused: 0 };
  let group: Line[] = [];
  try {
    for await (const line of linesOf(
      openText(file, signals.signal),
      file === "-" ? "standard input" : file,
    )) {
      if (line.text === "") continue;
      group.push(line);
      if (group.length < groupSize) continue;
      await sendGroup(queue, group, counts, call);
      group = [];
    }
    if (group.length > 0) await sendGroup(queue, group, counts, call);
  } catch (error) {
    if (counts.sent > 0) tellSent(terminal, counts.sent);
    throw error;
  }
  if (flags.json === true) await terminal.printRaw(JSON.stringify({ ...counts, queue: queue.url }));
  else await terminal.print(`sent ${counted(counts.sent, "message")} to ${escapeForTerminal(queue.url)}`);
  return counts.refused === 0 ? exitCodes.done : exitCodes.failed;
}

async function sendGroup(
  queue: Queue,
  lines: readonly Line[],
  counts: { sent: number; refused: number },
  { terminal, signals }: Call,
): Promise<void> {
  if (signals.signal.aborted) throw new SimpleTasksError("aborted", "Sending was cancelled.");
  const outcomes = await queue.send(lines.map(({ text }) => ({ body: text })));
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.sent) counts.sent += 1;
    else {
      counts.refused += 1;
      terminal.tell(`line ${lines[index]?.number} was not sent: ${escapeForTerminal(outcome.error.message)}`);
    }
  }
  terminal.status(`sent ${counted(counts.sent, "message")}`);
}

function tellSent(terminal: Terminal, sent: number): void {
  terminal.tell(`${counted(sent, "message")} had been sent before that`);
}
