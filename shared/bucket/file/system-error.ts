import { isSimpleTasksError, messageOf, SimpleTasksError } from "../../errors.ts";
import { showKey } from "../key.ts";

/** The operating system's name of what went wrong (`ENOENT`), or undefined. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Runs `action`; when it fails with one of `codes`, gives the code instead. */
export async function tolerate<Result>(
  action: Promise<Result>,
  ...codes: readonly string[]
): Promise<Result | string> {
  try {
    return await action;
  } catch (error) {
    const code = systemCode(error);
    if (code !== undefined && codes.includes(code)) return code;
    throw error;
  }
}

const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
const UNSUPPORTED = new Set(["ENAMETOOLONG", "EILSEQ"]);
const RETRYABLE = new Set(["EMFILE", "ENFILE", "EAGAIN", "EBUSY", "ETIMEDOUT", "ESTALE", "EINTR", "ENOMEM"]);

/** Anything thrown while the bucket did `what` ("store", "read") with `key`, as the error that its callers know. */
export function bucketError(error: unknown, bucket: string, what: string, key: string): SimpleTasksError {
  if (isSimpleTasksError(error)) return error;
  const code = systemCode(error) ?? "";
  const about = { bucket, key };
  if (FULL.has(code)) {
    return new SimpleTasksError(
      "storage_full",
      `There is no room in ${bucket} to ${what} ${showKey(key)} (${code}).`,
      {
        hint: "Free space on that disk, or raise the quota.",
        cause: error,
        about,
      },
    );
  }
  if (UNSUPPORTED.has(code))
    return keyUnsupported(bucket, key, `its file system refuses the name (${code})`, error);
  const message = `Could not ${what} ${showKey(key)} in ${bucket}: ${messageOf(error)}`;
  return new SimpleTasksError("io", message, { cause: error, retryable: RETRYABLE.has(code), about });
}

/** A legal key that a directory of files cannot hold. */
export function keyUnsupported(
  bucket: string,
  key: string,
  reason: string,
  cause?: unknown,
): SimpleTasksError {
  return new SimpleTasksError(
    "key_unsupported",
    `The bucket ${bucket} cannot hold the key ${showKey(key)}: ${reason}.`,
    {
      hint: "Rename the object, or use a bucket that is no directory of files.",
      cause,
      about: { bucket, key },
    },
  );
}
