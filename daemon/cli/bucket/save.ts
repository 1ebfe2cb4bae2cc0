import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { chmod, link, realpath, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { messageOf, SimpleTasksError } from "../../../shared/errors.ts";

/**
 * Makes a file that is whole or not there, also when the power fails: written and synced beside its place, then renamed. A
 * link is followed: what it leads to is replaced, and who may read that stays as it was.
 *
 * @param replace whether a file that is there goes; else one that appears meanwhile is left, and that is an error
 * @throws `io`, `storage_full`, an `AbortError`, what `body` throws
 */
export async function saveWhole(
  file: string,
  body: AsyncIterable<Uint8Array>,
  { replace, signal }: { readonly replace: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const target = replace ? await realpath(file).catch(() => file) : file;
  const temporary = path.join(path.dirname(target), `.simpletasks-${randomUUID()}.part`);
  try {
    const mode = replace ? (await stat(target)).mode & 0o777 : 0o666;
    const written = createWriteStream(temporary, { flags: "wx", mode, flush: true });
    await pipeline(Readable.from(body), written, { signal });
    if (replace) {
      await chmod(temporary, mode);
      await rename(temporary, target);
    } else await placeNew(temporary, target);
  } catch (error) {
    throw unwritable(error, file);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Writes to what is no file: a device, a pipe. */
export async function writeInto(
  file: string,
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  try {
    await pipeline(Readable.from(body), createWriteStream(file), { signal });
  } catch (error) {
    throw unwritable(error, file);
  }
}

const noHardLinks = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/** A second name fails where a file is, which a rename would replace. */
async function placeNew(temporary: string, target: string): Promise<void> {
  try {
    await link(temporary, target);
  } catch (error) {
    if (!noHardLinks.has(codeOf(error) ?? "")) throw error;
    await rename(temporary, target);
  }
}

function unwritable(error: unknown, file: string): unknown {
  const code = codeOf(error);
  if (error instanceof SimpleTasksError || code === undefined || code === "ABORT_ERR") return error;
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: "there is no such folder",
    ENOTDIR: "a part of its path is a file, not a folder",
    EACCES: "you may not write there",
    EPERM: "you may not write there",
    EROFS: "the disk cannot be written",
    ENOSPC: "the disk is full",
    EDQUOT: "your share of the disk is full",
    EEXIST: "something is there already",
    ENAMETOOLONG: "the name is too long",
  };
  const full = code === "ENOSPC" || code === "EDQUOT";
  return new SimpleTasksError(
    full ? "storage_full" : "io",
    `${file} cannot be written: ${reasons[code] ?? messageOf(error)}`,
    { hint: "Name another file: simpletasks bucket get KEY FILE.", cause: error },
  );
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
