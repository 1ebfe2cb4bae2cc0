import { realpath, stat } from "node:fs/promises";
import path from "node:path";
import type { ObjectInfo } from "../../../shared/bucket/bucket.ts";
import { showKey, validateKey } from "../../../shared/bucket/key.ts";
import { windowsRefusal } from "../../../shared/bucket/windows-names.ts";
import { concurrently } from "../../../shared/datasource/concurrently.ts";
import { SimpleTasksError } from "../../../shared/errors.ts";
import { makeDirectory } from "../../../shared/make-directory.ts";
import type { Call } from "../call.ts";
import { confirm } from "../confirm.ts";
import { escapeForTerminal } from "../escape.ts";
import { exitCodes } from "../exit-codes.ts";
import { bytesText, counted } from "../format.ts";
import { folderOf, objectsIn } from "./folder.ts";
import { inGroups } from "./in-groups.ts";
import { openToLook } from "./open.ts";
import { saveWhole } from "./save.ts";
import type { GetFlags } from "./words.ts";

/** `bucket get PREFIX DIR --recursive`: every object in a folder, as a file under the rest of its key. */
export async function getFolder(call: Call<GetFlags>): Promise<number> {
  const { terminal, flags, signals, currentDirectory } = call;
  const [typed = "", named = "."] = call.words;
  if (named === "-") {
    throw new SimpleTasksError("usage", "many objects cannot go to standard output", {
      hint: "Name a folder, which is made where there is none.",
    });
  }
  const prefix = folderOf(typed);
  await using looked = await openToLook(call);
  const { bucket, objects, bytes } = await objectsIn(looked, prefix, call, "get");
  const root = path.resolve(currentDirectory, named);
  const places = objects.map((object) => placeOf(object, prefix, root));
  const present = await presentOf(places, call);
  if (present.size > 0) {
    const question = `${present.size} of ${counted(places.length, "file")} are there already. Replace them?`;
    if (!(await confirm(call, question))) return exitCodes.failed;
  }
  await makeDirectory(root);
  const realRoot = await realpath(root);
  await inGroups(places, call, {
    done: "got",
    async each({ key, file }, signal) {
      await refuseOutside(file, realRoot);
      await makeDirectory(path.dirname(file));
      const { body } = await bucket.get(key, { signal });
      await saveWhole(file, body, { replace: present.has(file), signal: signal ?? signals.signal });
    },
  });
  if (flags.json === true)
    await terminal.print(JSON.stringify({ got: places.length, bytes, directory: root }));
  else
    await terminal.print(
      escapeForTerminal(`${root}: ${counted(places.length, "object")}, ${bytesText(bytes)}`),
    );
  return exitCodes.done;
}

interface Place {
  readonly key: string;
  /** Absolute. */
  readonly file: string;
}

/** @throws `key_invalid` for a key, as a foreign program may have made it, that is no way down from the folder */
function placeOf({ key }: ObjectInfo, prefix: string, root: string): Place {
  validateKey(key);
  const name = key.slice(prefix.length);
  const refusal = process.platform === "win32" ? windowsRefusal(name) : undefined;
  if (refusal !== undefined)
    throw new SimpleTasksError("key_unsupported", `${showKey(key)} cannot be a file here: ${refusal}`);
  return { key, file: path.join(root, ...name.split("/")) };
}

/** The files that are there already. @throws `io` where something else is */
async function presentOf(places: readonly Place[], { signals }: Call): Promise<ReadonlySet<string>> {
  const present = new Set<string>();
  await concurrently(places, signals.signal, async ({ file }) => {
    const stats = await stat(file).catch(() => undefined);
    if (stats?.isFile() === true) present.add(file);
    else if (stats !== undefined) {
      throw new SimpleTasksError("io", `${file} is there, and is no file`, {
        hint: "Name another folder: simpletasks bucket get PREFIX DIR --recursive.",
      });
    }
  });
  return present;
}

/** A link in the folder may lead out of it: whoever names the keys must not choose where files are written. */
async function refuseOutside(file: string, root: string): Promise<void> {
  const target = await leadsTo(file);
  if (target === root || target.startsWith(withSeparator(root))) return;
  throw new SimpleTasksError("io", `${file} leads out of the folder, to ${target}`, {
    hint: "Remove the link, or name another folder.",
  });
}

/** Where a path really is, or the part of it that is there. */
async function leadsTo(file: string): Promise<string> {
  for (let place = file; ; place = path.dirname(place)) {
    const found = await realpath(place).catch(() => undefined);
    if (found !== undefined || place === path.dirname(place)) return found ?? place;
  }
}

function withSeparator(folder: string): string {
  return folder.endsWith(path.sep) ? folder : folder + path.sep;
}
