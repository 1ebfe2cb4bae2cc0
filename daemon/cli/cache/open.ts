import { statSync } from "node:fs";
import path from "node:path";
import type { Cache } from "../../../shared/cache/cache.ts";
import { openCache } from "../../../shared/cache/open.ts";
import { settingsOf, type Call } from "../call.ts";

/**
 * The cache of the settings; undefined where looking would make it.
 * @throws `cache_refused` for a directory that is not safe to use
 */
export async function openMadeCache(call: Call, shared: boolean): Promise<Cache | undefined> {
  const { cache: directory } = settingsOf(call);
  const made = statSync(path.join(directory, ".simpletasks", "index.db"), { throwIfNoEntry: false });
  return made === undefined ? undefined : await openCache({ directory, shared });
}
