import { SimpleTasksError } from "../../../shared/errors.ts";
import type { Call } from "../call.ts";
import { confirm } from "../confirm.ts";
import { escapeForTerminal } from "../escape.ts";
import { exitCodes } from "../exit-codes.ts";
import { counted } from "../format.ts";
import { notMadeYet, openToLook, typedQueue } from "../queues.ts";

/** `queue release URL`: ends every lease, for an operator who knows that the daemons which hold them are gone. */
export async function queueRelease(call: Call): Promise<number> {
  const { terminal, flags, signals } = call;
  const url = typedQueue(call.words[0] ?? "", call);
  await using queue = await openToLook(url, call);
  if (queue === undefined) {
    terminal.tell(escapeForTerminal(notMadeYet(url, call)));
    return exitCodes.done;
  }
  if (queue.releaseAll === undefined) {
    throw new SimpleTasksError("not_supported", `the leases of ${url} cannot be ended by others`, {
      hint: "They end by themselves: at the latest when the lease's time is over.",
    });
  }
  const { leased } = await queue.stats({ signal: signals.signal });
  if (leased > 0) {
    const leases = counted(leased, "lease");
    const question = `end ${leases} of ${url}? Only when the daemons that hold them are gone: tasks that still run would run twice.`;
    if (!(await confirm(call, question))) return exitCodes.failed;
  }
  const released = await queue.releaseAll();
  if (flags.json === true) await terminal.printRaw(JSON.stringify({ released, queue: queue.url }));
  else await terminal.print(`ended ${counted(released, "lease")} of ${escapeForTerminal(queue.url)}`);
  return exitCodes.done;
}
