import type { Bucket, ObjectInfo } from "../../../shared/bucket/bucket.ts";
import { showKey } from "../../../shared/bucket/key.ts";
import { levelOf } from "../../../shared/bucket/walk.ts";
import { SimpleTasksError } from "../../../shared/errors.ts";
import { nearestWord } from "../../../shared/nearest-word.ts";
import { settingsOf, type Call } from "../call.ts";
import { shellWord } from "../shell-word.ts";

/** Names of one folder that are compared with a wrong one. */
const COMPARED = 1000;

/**
 * The object that a command is about.
 * @param bucket undefined where none is made yet
 * @throws `object_missing`, naming the nearest key there is
 */
export async function objectAt(
  bucket: Bucket | undefined,
  key: string,
  call: Call,
): Promise<{ readonly bucket: Bucket; readonly object: ObjectInfo }> {
  const object = await bucket?.head(key, { signal: call.signals.signal });
  if (bucket !== undefined && object !== undefined) return { bucket, object };
  const url = settingsOf(call).bucket;
  const hint =
    bucket === undefined
      ? "The bucket is made when something is put into it."
      : await hintFor(bucket, key, call.signals.signal);
  throw new SimpleTasksError("object_missing", `there is no object ${showKey(key)} in ${url}`, {
    hint,
    about: { bucket: url, key },
  });
}

/** Goes up to the folder that is there, and looks for the name in it that was probably meant. */
async function hintFor(bucket: Bucket, key: string, signal: AbortSignal): Promise<string> {
  const parts = key.split("/");
  for (let depth = parts.length - 1; depth >= 0; depth -= 1) {
    const folder = parts.slice(0, depth).map(withSlash).join("");
    const rest = parts.slice(depth + 1).join("/");
    const name = parts[depth] ?? "";
    const names = await namesNear(bucket, folder, name, signal);
    if (names.length === 0) continue;
    if (rest === "" && names.includes(withSlash(name))) {
      return `It is a folder: simpletasks bucket ls ${shellWord(folder + withSlash(name))} shows what lies in it.`;
    }
    const near = nearestWord(rest === "" ? name : withSlash(name), names);
    if (near === undefined) return `simpletasks bucket ls${place(folder)} shows what there is.`;
    const whole = folder + near + rest;
    const isThere = near.endsWith("/") && rest !== "" && (await bucket.head(whole, { signal })) !== undefined;
    return `Did you mean ${showKey(isThere ? whole : folder + near)}?`;
  }
  return "The bucket is empty.";
}

/** Names in a folder, first those that begin as the wrong one does: a folder may have a million. Those of folders end in a slash. */
async function namesNear(
  bucket: Bucket,
  folder: string,
  name: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const beginning = [...name].slice(0, Math.ceil(name.length / 2)).join("");
  const names: string[] = [];
  for (const prefix of [folder + beginning, folder]) {
    let left = COMPARED;
    for await (const item of levelOf(bucket, prefix, signal)) {
      names.push((item.kind === "object" ? item.object.key : item.prefix).slice(folder.length));
      left -= 1;
      if (left === 0) break;
    }
  }
  return names;
}

function withSlash(name: string): string {
  return `${name}/`;
}

function place(folder: string): string {
  return folder === "" ? "" : ` ${shellWord(folder)}`;
}
