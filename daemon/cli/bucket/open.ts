import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { SimpleTasksError } from "../../../shared/errors.ts";
import type { Bucket } from "../../../shared/bucket/bucket.ts";
import { isReservedKey, showKey, validateKey } from "../../../shared/bucket/key.ts";
import { openBucket } from "../../../shared/bucket/open.ts";
import { settingsOf, type Call } from "../call.ts";

/** The bucket of the settings; one in a folder that is not there is made. */
export function openToWrite(call: Call): Promise<Bucket> {
  return openBucket(settingsOf(call).bucket, { signal: call.signals.signal });
}

/** The bucket of the settings, to look into it; undefined where looking would make its folder. */
export async function openToLook(call: Call): Promise<Bucket | undefined> {
  const { bucket: url } = settingsOf(call);
  return isUnmade(url) ? undefined : await openBucket(url, { signal: call.signals.signal });
}

/** @throws `key_invalid` for what is no key, and for keys that SimpleTasks keeps to itself */
export function checkKey(key: string): void {
  validateKey(key);
  if (!isReservedKey(key)) return;
  throw new SimpleTasksError("key_invalid", `${showKey(key)} belongs to SimpleTasks itself`, {
    hint: "Large messages lie there: purge or run the queue whose they are. Other keys do not begin with _simpletasks/.",
    about: { key: showKey(key) },
  });
}

function isUnmade(url: string): boolean {
  if (!url.startsWith("file:///")) return false;
  try {
    return statSync(fileURLToPath(url), { throwIfNoEntry: false }) === undefined;
  } catch {
    return false; // opening it says why
  }
}
