import type { Command } from "../call.ts";
import { confirm } from "../confirm.ts";
import { exitCodes } from "../exit-codes.ts";
import { bytesText, counted } from "../format.ts";
import { openProgress } from "../progress.ts";
import { notMadeYet, openMadeCache } from "./open.ts";
import type { CacheFlags } from "./words.ts";

/** `cache clear` */
export const cacheClear: Command<CacheFlags> = async (call) => {
  const { terminal, signals, flags } = call;
  await using cache = await openMadeCache(call, flags.sharedCache === true);
  if (cache === undefined) {
    terminal.tell(notMadeYet(call));
    if (flags.json === true) await terminal.print(JSON.stringify({ removed: 0, bytes: 0, kept: 0 }));
    return exitCodes.done;
  }
  const before = await cache.status();
  const idle = before.entries - before.pinnedEntries;
  const question = `Remove ${counted(idle, "file")} (${bytesText(before.bytes - before.pinnedBytes)}) from ${cache.directory}?`;
  if (!(await confirm(call, question))) return exitCodes.failed;
  const progress = openProgress(terminal);
  let gone = { removed: 0, bytes: 0 };
  try {
    gone = await cache.clear({
      signal: signals.signal,
      onRemoved(soFar) {
        gone = soFar;
        progress(() => `removed ${soFar.removed} of ${counted(idle, "file")}`);
      },
    });
  } catch (error) {
    terminal.tell(`removed ${counted(gone.removed, "file")} before that`);
    throw error;
  }
  const { pinnedEntries: kept, pinnedBytes } = await cache.status();
  if (flags.json === true) await terminal.print(JSON.stringify({ ...gone, kept }));
  else await terminal.print(`removed ${counted(gone.removed, "file")}, ${bytesText(gone.bytes)}`);
  if (kept > 0) {
    terminal.tell(`${counted(kept, "file")} (${bytesText(pinnedBytes)}) stayed: tasks need them now`);
  }
  return exitCodes.done;
};
