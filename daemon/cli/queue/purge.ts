import type { Call } from "../call.ts";
import { confirm } from "../confirm.ts";
import { escapeForTerminal } from "../escape.ts";
import { exitCodes } from "../exit-codes.ts";
import { counted } from "../format.ts";
import { notMadeYet, openToLook, typedQueue } from "../queues.ts";

/** `queue purge URL`: removes every message. */
export async function queuePurge(call: Call): Promise<number> {
  const { terminal, flags, signals } = call;
  const url = typedQueue(call.words[0] ?? "", call);
  await using queue = await openToLook(url, call);
  if (queue === undefined) {
    terminal.tell(escapeForTerminal(notMadeYet(url, call)));
    return exitCodes.done;
  }
  const { visible, leased, delayed } = await queue.stats({ signal: signals.signal });
  const all = visible + leased + delayed;
  if (all > 0) {
    const held = leased === 0 ? "" : `, ${leased.toLocaleString("en")} of them leased by daemons at work`;
    if (!(await confirm(call, `remove all ${counted(all, "message")} of ${url}${held}?`))) {
      return exitCodes.failed;
    }
  }
  const removed = (await queue.purge()) ?? all;
  if (flags.json === true) await terminal.printRaw(JSON.stringify({ removed, queue: queue.url }));
  else await terminal.print(`removed ${counted(removed, "message")} from ${escapeForTerminal(queue.url)}`);
  return exitCodes.done;
}
