import type { Bucket } from "../../../shared/bucket/bucket.ts";
import { isReservedKey, showKey, validateKey } from "../../../shared/bucket/key.ts";
import { objectsWith } from "../../../shared/bucket/walk.ts";
import { concurrently } from "../../../shared/datasource/concurrently.ts";
import { SimpleTasksError } from "../../../shared/errors.ts";
import { settingsOf, type Call, type Command } from "../call.ts";
import { forgetInCache } from "../cache/forget.ts";
import { confirm } from "../confirm.ts";
import { exitCodes } from "../exit-codes.ts";
import { bytesText, counted } from "../format.ts";
import { openProgress } from "../progress.ts";
import { objectAt } from "./missing.ts";
import { checkKey, openToLook } from "./open.ts";
import type { RemoveFlags } from "./words.ts";

/** Objects removed before the cache is told. */
const GROUP = 5000;

/** `bucket rm KEY` */
export const bucketRemove: Command<RemoveFlags> = async (call) => {
  const { flags } = call;
  const [typed = ""] = call.words;
  if (flags.recursive === true) return await removeFolder(typed, call);
  checkKey(typed);
  await using looked = await openToLook(call);
  const { bucket, object } = await objectAt(looked, typed, call);
  const question = `Remove ${showKey(typed)} (${bytesText(object.bytes)}) from ${bucket.url}?`;
  if (!(await confirm(call, question))) return exitCodes.failed;
  await remove(bucket, [typed], call);
  await tellRemoved(1, object.bytes, call);
  return exitCodes.done;
};

async function removeFolder(typed: string, call: Call<RemoveFlags>): Promise<number> {
  const folder = folderOf(typed);
  await using bucket = await openToLook(call);
  const { keys, bytes } = await keysIn(bucket, folder, call);
  if (bucket === undefined || keys.length === 0) {
    const { bucket: url } = settingsOf(call);
    throw new SimpleTasksError(
      "object_missing",
      `there is nothing to remove under ${showKey(folder)} in ${url}`,
      {
        hint: "simpletasks bucket ls shows what there is.",
      },
    );
  }
  const where = folder === "" ? "" : ` under ${showKey(folder)}`;
  const question = `Remove ${counted(keys.length, "object")} (${bytesText(bytes)})${where} from ${bucket.url}?`;
  if (!(await confirm(call, question))) return exitCodes.failed;
  await remove(bucket, keys, call);
  await tellRemoved(keys.length, bytes, call);
  return exitCodes.done;
}

/** A folder is named with or without its slash; a variable that is empty by mistake must not name the whole bucket. */
function folderOf(typed: string): string {
  if (typed === "/") return "";
  if (typed === "") {
    throw new SimpleTasksError("usage", "no folder is named", {
      hint: "For every object of the bucket write / as the folder.",
    });
  }
  const folder = typed.replace(/\/$/, "");
  validateKey(folder);
  if (isReservedKey(folder)) checkKey(folder);
  return `${folder}/`;
}

async function keysIn(
  bucket: Bucket | undefined,
  folder: string,
  { terminal, signals }: Call,
): Promise<{ readonly keys: readonly string[]; readonly bytes: number }> {
  const progress = openProgress(terminal);
  const keys: string[] = [];
  let bytes = 0;
  if (bucket === undefined) return { keys, bytes };
  for await (const object of objectsWith(bucket, folder, signals.signal)) {
    if (isReservedKey(object.key)) continue;
    keys.push(object.key);
    bytes += object.bytes;
    progress(() => `found ${counted(keys.length, "object")}`);
  }
  return { keys, bytes };
}

/** Removes exactly these, also when others have come meanwhile. What was removed before a failure is told. */
async function remove(bucket: Bucket, keys: readonly string[], call: Call<RemoveFlags>): Promise<void> {
  const { terminal, signals, flags } = call;
  const { signal } = signals;
  const progress = openProgress(terminal);
  let removed = 0;
  try {
    for (let start = 0; start < keys.length; start += GROUP) {
      const group = keys.slice(start, start + GROUP);
      try {
        await concurrently(group, signal, async (key, either) => {
          await bucket.delete(key, { signal: either });
          removed += 1;
          progress(() => `removed ${removed} of ${counted(keys.length, "object")}`);
        });
      } finally {
        await forgetInCache(call, bucket, group, flags.sharedCache === true);
      }
    }
  } catch (error) {
    if (keys.length > 1) terminal.tell(`removed ${removed} of ${counted(keys.length, "object")} before that`);
    throw error;
  }
}

async function tellRemoved(objects: number, bytes: number, { terminal, flags }: Call): Promise<void> {
  if (flags.json === true) await terminal.print(JSON.stringify({ removed: objects, bytes }));
  else await terminal.print(`removed ${counted(objects, "object")}, ${bytesText(bytes)}`);
}
