import { setImmediate } from "node:timers/promises";
import { refuseAborted } from "./abort.ts";
import type { ClearOptions, Removed } from "./cache.ts";
import type { CacheContext } from "./context.ts";

/** `Cache.clear`: step by step, so that other processes, and a signal, get their turn between two steps. */
export async function clearEntries(
  { room, trash }: CacheContext,
  { signal, onRemoved }: ClearOptions,
): Promise<Removed> {
  refuseAborted(signal);
  room.beginClear();
  let removed = 0;
  let bytes = 0;
  for (;;) {
    const step = room.clearSome();
    await trash.empty();
    removed += step.removed;
    bytes += step.bytes;
    if (!step.more) return { removed, bytes };
    onRemoved?.({ removed, bytes });
    await setImmediate();
    refuseAborted(signal);
  }
}
