import type { PeekedMessage, Queue } from "../../../shared/queue/queue.ts";
import { peekAll } from "../../../shared/repair/reports.ts";
import type { Call } from "../call.ts";
import { escapeForTerminal } from "../escape.ts";
import { exitCodes } from "../exit-codes.ts";
import { counted } from "../format.ts";
import { printTable } from "../listing.ts";
import { notMadeYet, openToLook, typedQueue } from "../queues.ts";
import { ageText } from "../reports/age.ts";
import { limitOf } from "../reports/chosen.ts";
import type { PeekFlags } from "./words.ts";

/** Letters of a message that one line shows where nothing cuts it. */
const shownLetters = 300;

/** `queue peek URL`: what lies in a queue, oldest first, without leasing any of it. */
export async function queuePeek(call: Call<PeekFlags>): Promise<number> {
  const { terminal, flags } = call;
  const url = typedQueue(call.words[0] ?? "", call);
  const json = flags.json === true;
  const limit = limitOf(call) ?? (json ? Infinity : 100);
  await using queue = await openToLook(url, call);
  if (queue === undefined) {
    terminal.tell(escapeForTerminal(notMadeYet(url, call)));
    return exitCodes.done;
  }
  if (json) {
    for await (const { body } of firstOf(queue, limit, call)) {
      if (terminal.closed) break;
      await terminal.printRaw(body);
    }
    return exitCodes.done;
  }
  const { rows, complete } = await printTable(call, {
    columns: [
      { title: "id", align: "right" },
      { title: "state" },
      { title: "deliveries", align: "right" },
      { title: "age", align: "right" },
      { title: "message", shrink: "end" },
    ],
    rows: rowsOf(firstOf(queue, limit, call)),
    empty: escapeForTerminal(`no messages in ${url}`),
  });
  if (complete && rows === limit) await tellRest(queue, rows, call);
  return exitCodes.done;
}

async function* firstOf(
  queue: Queue,
  limit: number,
  { signals }: Call,
): AsyncGenerator<PeekedMessage, void, undefined> {
  let count = 0;
  for await (const message of peekAll(queue, { signal: signals.signal })) {
    yield message;
    count += 1;
    if (count >= limit) return;
  }
}

async function* rowsOf(
  messages: AsyncIterable<PeekedMessage>,
): AsyncGenerator<readonly string[], void, undefined> {
  for await (const { id, state, deliveries, sentAt, body } of messages) {
    const age = sentAt === undefined ? "" : ageText(sentAt);
    const shown = body.length > shownLetters ? `${body.slice(0, shownLetters - 1)}…` : body;
    yield [id, state, String(deliveries), age, shown];
  }
}

async function tellRest(queue: Queue, shown: number, { terminal, signals }: Call): Promise<void> {
  const { visible, leased, delayed } = await queue.stats({ signal: signals.signal });
  const rest = visible + leased + delayed - shown;
  if (rest > 0) terminal.tell(`and ${counted(rest, "more message")} (--limit N shows more)`);
}
