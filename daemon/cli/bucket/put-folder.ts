import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import type { Bucket } from "../../../shared/bucket/bucket.ts";
import { objectExists } from "../../../shared/bucket/refusals.ts";
import { objectsWith } from "../../../shared/bucket/walk.ts";
import { SimpleTasksError } from "../../../shared/errors.ts";
import { unreadable } from "../../../shared/lines.ts";
import { settingsOf, type Call } from "../call.ts";
import { forgetInCache } from "../cache/forget.ts";
import { confirm } from "../confirm.ts";
import { escapeForTerminal } from "../escape.ts";
import { exitCodes } from "../exit-codes.ts";
import { bytesText, counted } from "../format.ts";
import { openProgress } from "../progress.ts";
import { folderOf } from "./folder.ts";
import { inGroups } from "./in-groups.ts";
import { checkKey, openToWrite } from "./open.ts";
import type { PutFlags } from "./words.ts";

/** `bucket put DIR PREFIX --recursive`: every file below `DIR`, under its path there. */
export async function putFolder(call: Call<PutFlags>): Promise<number> {
  const { terminal, flags } = call;
  const [named = "", typed = ""] = call.words;
  const prefix = folderOf(typed);
  const files = await filesIn(named, prefix, call);
  await using bucket = await openToWrite(call);
  const isForced = flags.yes === true && flags.ifAbsent !== true;
  const present = isForced ? new Set<string>() : await presentOf(bucket, prefix, files, call);
  const [first] = present;
  if (first !== undefined) {
    if (flags.ifAbsent === true) throw objectExists(bucket.url, first);
    const question = `${present.size} of ${counted(files.length, "object")} are there already. Replace them?`;
    if (!(await confirm(call, question))) return exitCodes.failed;
  }
  let bytes = 0;
  await inGroups(files, call, {
    done: "stored",
    async each({ key, file }, signal) {
      // What comes meanwhile is not replaced without a question either.
      const onlyIfAbsent = !isForced && !present.has(key);
      const stored = await bucket.put(key, { file }, { onlyIfAbsent, signal });
      bytes += stored.bytes;
    },
    afterGroup: (group) =>
      forgetInCache(
        call,
        bucket,
        group.map(({ key }) => key),
        flags.sharedCache === true,
      ),
  });
  if (flags.json === true) await terminal.print(JSON.stringify({ stored: files.length, bytes }));
  else {
    const where = settingsOf(call).bucket;
    await terminal.print(
      escapeForTerminal(`stored ${counted(files.length, "object")}, ${bytesText(bytes)}, in ${where}`),
    );
  }
  return exitCodes.done;
}

interface FileToStore {
  readonly key: string;
  /** Absolute. */
  readonly file: string;
}

/**
 * The files below a folder, in order of their names, links to files too. Links to folders, what is no file and `.simpletasks`,
 * in which the bucket itself may lie, are left out and told.
 * @throws `io`; `usage` when there is none; `key_invalid` for a name that cannot be a key
 */
async function filesIn(named: string, prefix: string, call: Call): Promise<FileToStore[]> {
  const { terminal, signals, currentDirectory } = call;
  const progress = openProgress(terminal);
  const files: FileToStore[] = [];
  const left: string[] = [];

  async function walk(folder: string, below: string): Promise<void> {
    const entries = await readdir(folder, { withFileTypes: true });
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      signals.signal.throwIfAborted();
      const file = path.join(folder, entry.name);
      const name = `${below}${entry.name}`;
      if (entry.name === ".simpletasks") left.push(name);
      else if (entry.isDirectory()) await walk(file, `${name}/`);
      else if (entry.isFile() || (entry.isSymbolicLink() && (await leadsToFile(file)))) {
        checkKey(prefix + name);
        files.push({ key: prefix + name, file });
        progress(() => `found ${counted(files.length, "file")}`);
      } else left.push(name);
    }
  }

  try {
    await walk(path.resolve(currentDirectory, named), "");
  } catch (error) {
    throw unreadable(error, named);
  }
  if (left.length > 0) {
    const shown = left.slice(0, 10).map((name) => escapeForTerminal(name));
    terminal.tell(`left out: ${shown.join(", ")}${left.length > 10 ? `, and ${left.length - 10} more` : ""}`);
  }
  if (files.length > 0) return files;
  throw new SimpleTasksError("usage", `there are no files in ${named}`);
}

async function leadsToFile(link: string): Promise<boolean> {
  return await stat(link).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** Which of the keys are there already. */
async function presentOf(
  bucket: Bucket,
  prefix: string,
  files: readonly FileToStore[],
  { signals }: Call,
): Promise<ReadonlySet<string>> {
  const keys = new Set(files.map(({ key }) => key));
  const present = new Set<string>();
  for await (const { key } of objectsWith(bucket, prefix, signals.signal))
    if (keys.has(key)) present.add(key);
  return present;
}
