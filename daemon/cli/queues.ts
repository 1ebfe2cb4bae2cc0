import { existsSync } from "node:fs";
import { openQueue } from "../../shared/queue/open.ts";
import { parseSqliteUrl } from "../../shared/queue/sqlite/address.ts";
import type { Queue } from "../../shared/queue/queue.ts";
import { queueUrl } from "../config/locations.ts";
import { namesOf, type Call } from "./call.ts";

/** The URL of a queue that was typed as URL or bare name. */
export function typedQueue(typed: string, call: Call): string {
  const { engines, workspace } = namesOf(call);
  return queueUrl(typed, { engines, workspace, base: call.currentDirectory });
}

/** Opens a queue to look into it; undefined where looking would make one: its file is not there yet. */
export async function openToLook(url: string, call: Call): Promise<Queue | undefined> {
  if (url.startsWith("sqlite:") && !existsSync(parseSqliteUrl(url, call.currentDirectory).file))
    return undefined;
  return await openQueue(url, { signal: call.signals.signal });
}
