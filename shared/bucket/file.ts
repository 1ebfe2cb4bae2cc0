import { realpath, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { deniedFolder } from "../denied.ts";
import { messageOf, SimpleTasksError } from "../errors.ts";
import type { Bucket } from "./bucket.ts";
import { createDirectories } from "./file/directories.ts";
import { createDurableDirectories } from "./file/durable-directories.ts";
import type { FileOperations } from "./file/file-operations.ts";
import { fileSystem } from "./file/file-operations.ts";
import { createLister } from "./file/lister.ts";
import { createPlaces } from "./file/places.ts";
import { createReader } from "./file/reader.ts";
import { createSpelling } from "./file/spelling.ts";
import { bucketError, systemCode } from "./file/system-error.ts";
import { createWriter } from "./file/writer.ts";
import { refuseAborted, refuseClosed } from "./refusals.ts";

export interface FileBucketOptions {
  /** The bucket's root; may itself be a symbolic link. */
  readonly directory: string;
  /** Whether to make the directory when it is missing. Default true. */
  readonly create?: boolean | undefined;
  /** The file system; a test traces it or makes a step fail. */
  readonly files?: FileOperations | undefined;
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

/**
 * Opens a directory as a bucket: the object `a/b` is the file `a/b` in it. Any number of processes may use it at the same time.
 * Files that others put there are objects too; empty directories, links, devices and names that are no keys are not.
 * @throws `url_invalid` when the directory is missing and not to be made, or is none; `io`.
 */
export async function openFileBucket(options: FileBucketOptions): Promise<Bucket> {
  const { files = fileSystem, create = true, now = Date.now } = options;
  const windows = process.platform === "win32";
  const directory = resolve(options.directory);
  const url = pathToFileURL(directory).href;
  const durable = createDurableDirectories(files, windows);
  const directories = createDirectories(files, durable);
  const root = await openRoot(directory, create ? () => directories.make(directory) : undefined);
  const makeRoot = async (): Promise<void> => {
    if (create) await directories.make(root);
    else await files.lstat(root);
  };

  const places = createPlaces(files, root, url, windows);
  const spellings = createSpelling(files);
  const reader = createReader({ files, places, spellings, url });
  const writer = createWriter({ files, makeRoot, places, spellings, directories, durable, url });
  const lister = createLister({ files, root, spellings, directories, now });
  let closed = false;

  async function run<Result>(
    what: string,
    key: string,
    signal: AbortSignal | undefined,
    action: () => Promise<Result>,
  ) {
    refuseClosed(url, closed);
    refuseAborted(signal);
    try {
      return await action();
    } catch (error) {
      throw bucketError(error, url, what, key);
    }
  }

  return {
    url,
    local: true,
    head: (key, { checksum = false, signal } = {}) =>
      run("look at", key, signal, () => reader.head(places.of(key), checksum, signal)),
    get: (key, options = {}) => run("read", key, options.signal, () => reader.get(places.of(key), options)),
    put: (key, source, options = {}) =>
      run("store", key, options.signal, () => writer.put(places.of(key), source, options)),
    delete: (key, { signal } = {}) =>
      run("delete", key, signal, async () => {
        const place = places.of(key);
        if ((await reader.find(place)) !== undefined) await writer.delete(place);
      }),
    list: (options = {}) => run("list", options.prefix ?? "", options.signal, () => lister.list(options)),
    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

async function openRoot(directory: string, make: (() => Promise<void>) | undefined): Promise<string> {
  try {
    if (make !== undefined && (await stat(directory).catch(() => undefined)) === undefined) await make();
    if (!(await stat(directory)).isDirectory()) throw new Error("it is no directory");
    // Fails where the directory may not be entered.
    await stat(`${directory}/.`);
    return await realpath(directory);
  } catch (cause) {
    const denied = deniedFolder(join(directory, "any"));
    if (denied !== undefined || ["EACCES", "EPERM"].includes(systemCode(cause) ?? "")) {
      const right = denied === undefined ? `write in ${dirname(directory)}` : `enter ${denied}`;
      throw new SimpleTasksError(
        "io",
        `The bucket directory ${directory} cannot be used: you may not ${right}`,
        {
          hint: "Ask the owner of that folder for this right, or name another bucket.",
          cause,
        },
      );
    }
    const code = ["EROFS", "EIO"].includes(systemCode(cause) ?? "") ? "io" : "url_invalid";
    throw new SimpleTasksError(
      code,
      `The bucket directory ${directory} cannot be used: ${messageOf(cause)}`,
      { hint: "Name another directory, or make this one.", cause },
    );
  }
}
