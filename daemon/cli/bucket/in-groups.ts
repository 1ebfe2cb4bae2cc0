import { concurrently } from "../../../shared/datasource/concurrently.ts";
import { isSimpleTasksError } from "../../../shared/errors.ts";
import type { Call } from "../call.ts";
import { counted } from "../format.ts";
import { openProgress } from "../progress.ts";

/** Items after which `afterGroup` has its turn. */
const GROUP = 5000;

/** What is done with many objects. */
export interface Work<Item> {
  /** For sentences: "stored", "removed". */
  readonly done: string;
  each(item: Item, signal: AbortSignal | undefined): Promise<unknown>;
  /** Also after a group in which something failed. */
  afterGroup?(group: readonly Item[]): Promise<void>;
}

/** Does it for all of them, several at once, and shows how far it is. What was done before a failure is told. */
export async function inGroups<Item>(
  items: readonly Item[],
  call: Call,
  { done, each, afterGroup }: Work<Item>,
): Promise<void> {
  const { terminal, signals } = call;
  const progress = openProgress(terminal);
  let ended = 0;
  const soFar = (): string => `${done} ${ended} of ${counted(items.length, "object")}`;
  try {
    for (let start = 0; start < items.length; start += GROUP) {
      const group = items.slice(start, start + GROUP);
      try {
        await concurrently(group, signals.signal, async (item, either) => {
          await each(item, either);
          ended += 1;
          progress(soFar);
        });
      } finally {
        await afterGroup?.(group);
      }
    }
  } catch (error) {
    if (items.length > 1) terminal.tell(`${soFar()} before that`);
    // What the signal gave up says nothing more than the signal itself.
    if (isSimpleTasksError(error, "aborted")) signals.signal.throwIfAborted();
    throw error;
  }
}
