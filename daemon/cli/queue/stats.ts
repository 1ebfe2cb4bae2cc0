import type { QueueStats } from "../../../shared/queue/queue.ts";
import type { Call } from "../call.ts";
import { exitCodes } from "../exit-codes.ts";
import { escapeForTerminal } from "../escape.ts";
import { notMadeYet, openToLook, typedQueue } from "../queues.ts";

/** `queue stats URL` */
export async function queueStats(call: Call): Promise<number> {
  const { terminal, flags } = call;
  const url = typedQueue(call.words[0] ?? "", call);
  const stats = await statsOf(url, call);
  if (stats === undefined) terminal.tell(escapeForTerminal(notMadeYet(url, call)));
  if (flags.json === true) {
    await terminal.print(JSON.stringify(stats ?? { visible: 0, leased: 0, delayed: 0 }));
    return exitCodes.done;
  }
  await terminal.print(terminal.style("bold", escapeForTerminal(url)));
  await terminal.print(`  ${describeStats(stats)}`);
  return exitCodes.done;
}

/** Undefined when the queue is not made yet. */
export async function statsOf(url: string, call: Call): Promise<QueueStats | undefined> {
  await using queue = await openToLook(url, call);
  return await queue?.stats({ signal: call.signals.signal });
}

export function describeStats(stats: QueueStats | undefined): string {
  if (stats === undefined) return "empty: it is made when it is first used";
  const about = stats.approximate === true ? " (about)" : "";
  const [visible, leased, delayed] = [stats.visible, stats.leased, stats.delayed].map((count) =>
    count.toLocaleString("en"),
  );
  return `${visible} visible, ${leased} leased, ${delayed} delayed${about}`;
}
