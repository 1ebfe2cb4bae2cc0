import type { Bucket } from "../../../shared/bucket/bucket.ts";
import { showKey } from "../../../shared/bucket/key.ts";
import type { Call, Command } from "../call.ts";
import { forgetInCache } from "../cache/forget.ts";
import { confirm } from "../confirm.ts";
import { exitCodes } from "../exit-codes.ts";
import { bytesText, counted } from "../format.ts";
import { folderOf, objectsIn } from "./folder.ts";
import { inGroups } from "./in-groups.ts";
import { objectAt } from "./missing.ts";
import { checkKey, openToLook } from "./open.ts";
import type { RemoveFlags } from "./words.ts";

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
  await using looked = await openToLook(call);
  const { bucket, objects, bytes } = await objectsIn(looked, folder, call, "remove");
  const where = folder === "" ? "" : ` under ${showKey(folder)}`;
  const question = `Remove ${counted(objects.length, "object")} (${bytesText(bytes)})${where} from ${bucket.url}?`;
  if (!(await confirm(call, question))) return exitCodes.failed;
  const keys = objects.map(({ key }) => key);
  await remove(bucket, keys, call);
  await tellRemoved(keys.length, bytes, call);
  return exitCodes.done;
}

/** Removes exactly these, also when others have come meanwhile. */
async function remove(bucket: Bucket, keys: readonly string[], call: Call<RemoveFlags>): Promise<void> {
  await inGroups(keys, call, {
    done: "removed",
    each: (key, signal) => bucket.delete(key, { signal }),
    afterGroup: (group) => forgetInCache(call, bucket, group, call.flags.sharedCache === true),
  });
}

async function tellRemoved(objects: number, bytes: number, { terminal, flags }: Call): Promise<void> {
  if (flags.json === true) await terminal.print(JSON.stringify({ removed: objects, bytes }));
  else await terminal.print(`removed ${counted(objects, "object")}, ${bytesText(bytes)}`);
}
