import { stat } from "node:fs/promises";
import path from "node:path";
import type { Bucket, ObjectInfo } from "../../../shared/bucket/bucket.ts";
import { showKey } from "../../../shared/bucket/key.ts";
import { isSimpleTasksError, SimpleTasksError } from "../../../shared/errors.ts";
import { linesOf } from "../../../shared/lines.ts";
import type { Call, Command } from "../call.ts";
import { confirm } from "../confirm.ts";
import { escapeForTerminal } from "../escape.ts";
import { exitCodes } from "../exit-codes.ts";
import { bytesText } from "../format.ts";
import { openProgress } from "../progress.ts";
import { checkKey, openToLook } from "./open.ts";
import { getFolder } from "./get-folder.ts";
import { objectAt } from "./missing.ts";
import { saveWhole, writeInto } from "./save.ts";
import type { GetFlags } from "./words.ts";

/** `bucket get KEY [FILE]`, `bucket get PREFIX [DIR] --recursive` */
export const bucketGet: Command<GetFlags> = async (call) => {
  if (call.flags.recursive === true) return await getFolder(call);
  const [key = "", file = "."] = call.words;
  checkKey(key);
  await using looked = await openToLook(call);
  const { bucket, object } = await objectAt(looked, key, call);
  if (file === "-") return await toStandardOutput(bucket, object, call);
  return await toFile(bucket, object, file, call);
};

async function toStandardOutput(bucket: Bucket, { key }: ObjectInfo, call: Call): Promise<number> {
  const { terminal, signals } = call;
  const { body } = await bucket.get(key, { signal: signals.signal });
  if (terminal.screen === undefined) {
    for await (const chunk of body) {
      if (terminal.closed) break;
      await terminal.printBytes(chunk);
    }
    return exitCodes.done;
  }
  try {
    for await (const { text } of linesOf(body, showKey(key))) await terminal.print(escapeForTerminal(text));
    return exitCodes.done;
  } catch (error) {
    if (!isSimpleTasksError(error, "message_invalid")) throw error;
    throw new SimpleTasksError("usage", `${showKey(key)} is no text, which alone a terminal can show`, {
      hint: "Name a file, or send the output to another program.",
      cause: error,
    });
  }
}

async function toFile(
  bucket: Bucket,
  { key, bytes: expected }: ObjectInfo,
  named: string,
  call: Call,
): Promise<number> {
  const { terminal, signals, flags } = call;
  const { signal } = signals;
  const { file, there } = await placeFor(key, named, call.currentDirectory);
  if (there === "file" && !(await confirm(call, `${file} is there already. Replace it?`))) {
    return exitCodes.failed;
  }
  const { body } = await bucket.get(key, { signal });
  const progress = openProgress(terminal);
  let bytes = 0;
  async function* counted(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of body) {
      yield chunk;
      bytes += chunk.byteLength;
      progress(() => `${bytesText(bytes)} of ${bytesText(expected)}`);
    }
  }
  if (there === "other") await writeInto(file, counted(), signal);
  else await saveWhole(file, counted(), { replace: there === "file", signal });
  if (flags.json === true) await terminal.print(JSON.stringify({ key, bytes, file }));
  else await terminal.print(`${escapeForTerminal(file)}: ${bytesText(bytes)}`);
  return exitCodes.done;
}

interface Place {
  readonly file: string;
  /** What is there: a file to be replaced, or a device or pipe to be written to. */
  readonly there: "nothing" | "file" | "other";
}

/** Where an object goes: the file that was named, or the key's last part in the folder that was named. */
async function placeFor(key: string, named: string, currentDirectory: string): Promise<Place> {
  const typed = path.resolve(currentDirectory, named);
  const stats = await statOf(typed);
  if (stats?.isDirectory() !== true) {
    if (stats === undefined && /[/\\]$/.test(named)) {
      throw new SimpleTasksError("io", `there is no folder ${named}`, { hint: "Make it first." });
    }
    return { file: typed, there: kindOf(stats) };
  }
  const name = key.slice(key.lastIndexOf("/") + 1);
  if (path.basename(name) !== name) {
    throw new SimpleTasksError("usage", `${showKey(name)} cannot be the name of a file here`, {
      hint: "Name the file: simpletasks bucket get KEY FILE.",
    });
  }
  const file = path.join(typed, name);
  const inside = await statOf(file);
  if (inside?.isDirectory() !== true) return { file, there: kindOf(inside) };
  throw new SimpleTasksError("io", `${file} is a folder`, { hint: "Name another file." });
}

async function statOf(file: string): Promise<Awaited<ReturnType<typeof stat>> | undefined> {
  try {
    return await stat(file);
  } catch {
    return undefined; // what cannot be looked at cannot be written either, which says why
  }
}

function kindOf(stats: Awaited<ReturnType<typeof stat>> | undefined): Place["there"] {
  if (stats === undefined) return "nothing";
  return stats.isFile() ? "file" : "other";
}
