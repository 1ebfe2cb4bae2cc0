import { createWriteStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { SimpleTasksError } from "../../../shared/errors.ts";
import { openText, unreadable } from "../../../shared/lines.ts";
import { nearestWord } from "../../../shared/nearest-word.ts";
import { makeTemporaryDirectory } from "../../../shared/temporary-directory.ts";

/** A file that can be read more than once. */
export interface BatchFile extends AsyncDisposable {
  readonly path: string;
  /** What it is called in messages. */
  readonly name: string;
}

/**
 * The file that was typed. What can be read only once, standard input (`-`) or a pipe, is kept in a private file until this
 * is closed.
 * @throws `io`
 */
export async function openBatchFile(
  typed: string,
  directory: string,
  signal: AbortSignal,
): Promise<BatchFile> {
  const name = typed === "-" ? "standard input" : typed;
  const file = typed === "-" ? typed : path.resolve(directory, typed);
  if (typed !== "-" && (await isReadAgain(file, name))) {
    return { path: file, name, async [Symbol.asyncDispose]() {} };
  }
  const folder = await makeTemporaryDirectory("schedule");
  const remove = (): PromiseLike<void> => folder[Symbol.asyncDispose]();
  const copy = path.join(folder.path, "batch");
  try {
    await pipeline(openText(file, signal), createWriteStream(copy, { mode: 0o600 }));
  } catch (error) {
    await remove();
    throw unreadable(error, name);
  }
  return { path: copy, name, [Symbol.asyncDispose]: remove };
}

async function isReadAgain(file: string, name: string): Promise<boolean> {
  try {
    const found = await stat(file);
    return found.isFile() || found.isDirectory();
  } catch (error) {
    const near = await nearestFile(error, file);
    throw near === undefined
      ? unreadable(error, name)
      : new SimpleTasksError(
          "io",
          `${name}: there is no such file; did you mean ${JSON.stringify(path.join(path.dirname(name), near))}?`,
          { cause: error },
        );
  }
}

/** Where a file is missing: the one in its folder that was probably meant. */
async function nearestFile(failure: unknown, file: string): Promise<string | undefined> {
  if (!(failure instanceof Error && "code" in failure && failure.code === "ENOENT")) return undefined;
  const entries = await readdir(path.dirname(file), { withFileTypes: true }).catch(() => []);
  return nearestWord(
    path.basename(file),
    entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name),
  );
}
