import { constants } from "node:fs";
import { messageOf, SimpleTasksError } from "../../errors.ts";
import type { ObjectSource } from "../bucket.ts";
import { chunksOfSource } from "../stream-source.ts";
import { etagOf } from "./etag.ts";
import type { FileOperations, OpenFile } from "./file-operations.ts";

/** A file that was just made, and is open. */
export interface Target {
  readonly handle: OpenFile;
  readonly path: string;
}

/**
 * Writes a source to an empty file.
 * @returns how many bytes the file must have now
 */
export async function writeContent(
  files: FileOperations,
  target: Target,
  source: ObjectSource,
  signal: AbortSignal | undefined,
): Promise<number> {
  if (typeof source === "string") return writeAll(target.handle, Buffer.from(source), 0);
  if (source instanceof Uint8Array) return writeAll(target.handle, source, 0);
  if ("file" in source) return copy(files, source.file, target);
  let position = 0;
  for await (const chunk of chunksOfSource(source.stream, signal)) {
    position += await writeAll(target.handle, chunk, position);
  }
  return position;
}

async function writeAll(handle: OpenFile, bytes: Uint8Array, position: number): Promise<number> {
  let written = 0;
  while (written < bytes.byteLength) {
    const { bytesWritten } = await handle.write(
      bytes,
      written,
      bytes.byteLength - written,
      position + written,
    );
    written += bytesWritten;
  }
  return written;
}

/**
 * Copies a file, sharing its blocks where the file system can. The copy takes over the permissions of its source, which are
 * not the bucket's, so they are put back.
 * @throws `io` when the source cannot be read, `transfer_corrupt` when it changes meanwhile
 */
async function copy(files: FileOperations, source: string, target: Target): Promise<number> {
  const { mode } = await target.handle.stat();
  const opened = await openSource(files, source);
  try {
    const before = await opened.stat();
    if (!before.isFile())
      throw new SimpleTasksError("io", `${source} is no regular file and cannot be stored.`);
    await files.copyFile(source, target.path, constants.COPYFILE_FICLONE);
    await target.handle.chmod(Number(mode) & 0o777);
    const after = await opened.stat();
    if (etagOf(before) !== etagOf(after)) {
      throw new SimpleTasksError(
        "transfer_corrupt",
        `The file ${source} changed while it was being stored.`,
        { retryable: true },
      );
    }
    return Number(after.size);
  } finally {
    await opened.close();
  }
}

async function openSource(files: FileOperations, source: string): Promise<OpenFile> {
  try {
    return await files.open(source, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    throw new SimpleTasksError("io", `The file ${source} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
