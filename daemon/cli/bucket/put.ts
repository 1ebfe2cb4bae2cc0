import { stat } from "node:fs/promises";
import path from "node:path";
import type { ObjectInfo, ObjectSource } from "../../../shared/bucket/bucket.ts";
import { showKey } from "../../../shared/bucket/key.ts";
import { objectExists } from "../../../shared/bucket/refusals.ts";
import { SimpleTasksError } from "../../../shared/errors.ts";
import { openText, unreadable } from "../../../shared/lines.ts";
import { settingsOf, type Call, type Command } from "../call.ts";
import { forgetInCache } from "../cache/forget.ts";
import { confirm } from "../confirm.ts";
import { escapeForTerminal } from "../escape.ts";
import { exitCodes } from "../exit-codes.ts";
import { bytesText, timeText } from "../format.ts";
import { openProgress } from "../progress.ts";
import { shellWord } from "../shell-word.ts";
import { checkKey, openToWrite } from "./open.ts";
import { putFolder } from "./put-folder.ts";
import type { PutFlags } from "./words.ts";

/** `bucket put FILE KEY`, `bucket put DIR PREFIX --recursive` */
export const bucketPut: Command<PutFlags> = async (call) => {
  const { terminal, flags, signals } = call;
  const { signal } = signals;
  if (flags.recursive === true) return await putFolder(call);
  const [file = "", key = ""] = call.words;
  checkKey(key);
  const source = await sourceOf(file, call);
  await using bucket = await openToWrite(call);
  const present = await bucket.head(key, { signal });
  if (present !== undefined) {
    if (flags.ifAbsent === true) throw objectExists(bucket.url, key);
    if (!(await confirm(call, replaceQuestion(present)))) return exitCodes.failed;
  }
  terminal.status(`storing ${escapeForTerminal(key)}`);
  // What comes while this one is read is not replaced without a question either.
  const onlyIfAbsent = present === undefined && (flags.ifAbsent === true || flags.yes !== true);
  const { bytes, etag } = await bucket.put(key, source, { onlyIfAbsent, signal });
  await forgetInCache(call, bucket, [key], flags.sharedCache === true);
  if (flags.json === true) await terminal.print(JSON.stringify({ key, bytes, etag }));
  else await terminal.print(escapeForTerminal(`${key}: ${bytesText(bytes)} in ${settingsOf(call).bucket}`));
  return exitCodes.done;
};

function replaceQuestion({ key, bytes, modifiedAt }: ObjectInfo): string {
  const since = modifiedAt === undefined ? "" : ` of ${timeText(modifiedAt)}`;
  return `${showKey(key)} is there already, with ${bytesText(bytes)}${since}. Replace it?`;
}

/** A file as it is, which an engine may copy in its own way; a pipe or standard input as it comes. */
async function sourceOf(named: string, call: Call): Promise<ObjectSource> {
  if (named === "-") return { stream: watched("-", call) };
  const file = path.resolve(call.currentDirectory, named);
  try {
    const stats = await stat(file);
    if (stats.isFile()) return { file };
    if (!stats.isDirectory()) return { stream: watched(file, call) };
  } catch (error) {
    throw unreadable(error, named);
  }
  throw new SimpleTasksError("io", `${named}: this is a directory`, {
    hint: `For all files in it: simpletasks bucket put ${shellWord(named)} PREFIX --recursive`,
  });
}

/** Opened when it is read: once it is known whether there is such an object. */
async function* watched(
  file: string,
  { terminal, signals }: Call,
): AsyncGenerator<Uint8Array, void, undefined> {
  const progress = openProgress(terminal);
  let bytes = 0;
  for await (const chunk of openText(file, signals.signal)) {
    yield chunk;
    bytes += chunk.byteLength;
    progress(() => `${bytesText(bytes)} read`);
  }
}
