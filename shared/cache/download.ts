import { createHash } from "node:crypto";
import { open, rm } from "node:fs/promises";
import path from "node:path";
import type { Bucket, ObjectInfo, ObjectStream } from "../bucket/bucket.ts";
import { showKey } from "../bucket/key.ts";
import { messageOf, SimpleTasksError } from "../errors.ts";
import { makeDirectorySync } from "../make-directory.ts";
import { untilAborted } from "./abort.ts";
import { createDigest } from "./digest.ts";

/** A whole object in a file of ours, its length and checksum compared with what the engine announced. */
export interface Downloaded {
  readonly file: string;
  readonly etag: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface DownloadOptions {
  readonly bucket: Bucket;
  readonly key: string;
  /** Where the bytes go; nothing is there yet. Removed again when the download fails. */
  readonly file: string;
  readonly fileMode: number;
  /** Called once the object's size is known, before the first byte is written. */
  onInfo(info: ObjectInfo): void;
  readonly signal: AbortSignal;
}

/** @throws `transfer_corrupt`, `storage_full`, `io`, and what the bucket throws. */
export async function download(options: DownloadOptions): Promise<Downloaded> {
  const { bucket, key, file, signal } = options;
  const late = (stream: ObjectStream): void => cancel(stream.body[Symbol.asyncIterator]());
  const { info, body } = await untilAborted(bucket.get(key, { signal }), signal, late);
  options.onInfo(info);
  const sha256 = createHash("sha256");
  const announced = info.checksum;
  const other =
    announced === undefined || announced.algorithm === "sha256"
      ? undefined
      : createDigest(announced.algorithm);
  let bytes = 0;
  try {
    const handle = await openNew(file, options.fileMode);
    try {
      for await (const chunk of abortable(body, signal)) {
        sha256.update(chunk);
        other?.update(chunk);
        bytes += chunk.byteLength;
        if (bytes > info.bytes)
          throw corrupt(bucket, key, `more than the announced ${info.bytes} bytes arrived`);
        await handle.writeFile(chunk);
      }
    } finally {
      await handle.close();
    }
    if (bytes !== info.bytes) throw corrupt(bucket, key, `${bytes} of ${info.bytes} bytes arrived`);
    const digest = sha256.digest("hex");
    const found = announced?.algorithm === "sha256" ? digest : other?.hex();
    if (announced !== undefined && found !== undefined && found !== announced.value) {
      throw corrupt(bucket, key, `its ${announced.algorithm} is ${found}, not ${announced.value}`);
    }
    return { file, etag: info.etag, bytes, sha256: digest };
  } catch (error) {
    await rm(file, { force: true });
    throw asDownloadError(error, bucket, key);
  }
}

async function openNew(file: string, mode: number): ReturnType<typeof open> {
  try {
    return await open(file, "wx", mode);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    makeDirectorySync(path.dirname(file)); // somebody emptied the cache directory
    return open(file, "wx", mode);
  }
}

/** The chunks of `body`, until the signal fires: then it fails at once, also when the source hangs. */
async function* abortable(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]();
  let finished = false;
  try {
    for (;;) {
      const next = await untilAborted(iterator.next(), signal);
      if (next.done === true) {
        finished = true;
        return;
      }
      yield next.value;
    }
  } finally {
    if (!finished) cancel(iterator);
  }
}

/** Not awaited: a source that hangs would hold us; one that fails has nothing more to say. */
function cancel(iterator: AsyncIterator<Uint8Array>): void {
  iterator.return?.().catch(() => {});
}

function corrupt(bucket: Bucket, key: string, what: string): SimpleTasksError {
  return new SimpleTasksError(
    "transfer_corrupt",
    `the download of ${showKey(key)} from ${bucket.url} is damaged: ${what}`,
    {
      retryable: true,
      about: { bucket: bucket.url, key },
    },
  );
}

function asDownloadError(error: unknown, bucket: Bucket, key: string): unknown {
  if (error instanceof SimpleTasksError) return error;
  const code = codeOf(error);
  if (code === undefined) return error;
  const full = code === "ENOSPC" || code === "EDQUOT";
  const message = `the download of ${showKey(key)} from ${bucket.url} failed: ${messageOf(error)}`;
  return new SimpleTasksError(full ? "storage_full" : "io", message, {
    retryable: true,
    cause: error,
    about: { bucket: bucket.url, key },
    ...(full && { hint: "make room on the cache's file system, or set a smaller cache limit" }),
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
