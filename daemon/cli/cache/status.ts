import { describeOrigin } from "../../config/layers.ts";
import { settingsOf, type Call, type Command } from "../call.ts";
import { escapeForTerminal } from "../escape.ts";
import { exitCodes } from "../exit-codes.ts";
import { bytesText, counted, table } from "../format.ts";
import { notMadeYet, openMadeCache } from "./open.ts";
import type { CacheFlags } from "./words.ts";

/** `cache status` */
export const cacheStatus: Command<CacheFlags> = async (call) => {
  const { terminal, flags } = call;
  await using cache = await openMadeCache(call, flags.sharedCache === true);
  if (cache === undefined) {
    terminal.tell(notMadeYet(call));
    if (flags.json === true) await terminal.print(asJson(settingsOf(call).cache, undefined));
    return exitCodes.done;
  }
  const status = await cache.status();
  if (flags.json === true) {
    await terminal.print(asJson(cache.directory, status));
    return exitCodes.done;
  }
  const others = status.processes.filter((id) => id !== process.pid);
  const rows = [
    ["directory", escapeForTerminal(status.directory)],
    ["cached", `${counted(status.entries, "file")}, ${bytesText(status.bytes)}`],
    ["limit", `${bytesText(status.limitBytes)} (${escapeForTerminal(limitOrigin(call))})`],
    ["in use", `${counted(status.pinnedEntries, "file")}, ${bytesText(status.pinnedBytes)}`],
    ["opened by", others.length === 0 ? "nobody" : `process ${others.join(", ")}`],
  ];
  for (const line of table(rows)) await terminal.print(line);
  return exitCodes.done;
};

function limitOrigin(call: Call): string {
  const { cacheBytes, origins } = settingsOf(call);
  return cacheBytes === undefined
    ? "80 % of what is free and cached; cache_bytes sets another"
    : describeOrigin(origins.cache_bytes);
}

function asJson(
  directory: string,
  status:
    | {
        readonly entries: number;
        readonly bytes: number;
        readonly limitBytes: number;
        readonly pinnedEntries: number;
        readonly pinnedBytes: number;
        readonly processes: readonly number[];
      }
    | undefined,
): string {
  return JSON.stringify({
    directory,
    entries: status?.entries ?? 0,
    bytes: status?.bytes ?? 0,
    limit_bytes: status?.limitBytes ?? null,
    pinned_entries: status?.pinnedEntries ?? 0,
    pinned_bytes: status?.pinnedBytes ?? 0,
    processes: (status?.processes ?? []).filter((id) => id !== process.pid),
  });
}
