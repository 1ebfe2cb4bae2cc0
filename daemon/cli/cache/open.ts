import { statSync } from "node:fs";
import path from "node:path";
import type { Cache } from "../../../shared/cache/cache.ts";
import { openCache } from "../../../shared/cache/open.ts";
import { settingsOf, type Call } from "../call.ts";
import { escapeForTerminal } from "../escape.ts";

/**
 * The cache of the settings; undefined where looking would make it.
 * @throws `cache_refused` for a directory that is not safe to use
 */
export async function openMadeCache(call: Call, shared: boolean): Promise<Cache | undefined> {
  const { cache: directory, cacheBytes: limitBytes } = settingsOf(call);
  return isUnmade(directory) ? undefined : await openCache({ directory, limitBytes, shared });
}

/** What to say of a cache that `openMadeCache` did not find. */
export function notMadeYet(call: Call): string {
  return escapeForTerminal(
    `there is no cache in ${settingsOf(call).cache} yet: a daemon makes it when it first runs`,
  );
}

function isUnmade(directory: string): boolean {
  try {
    const index = path.join(directory, ".simpletasks", "index.db");
    return statSync(index, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false; // opening it says why
  }
}
