import { readdir } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { Bucket } from "../../../shared/bucket/bucket.ts";
import { openFileBucket } from "../../../shared/bucket/file.ts";
import { messageOf, SimpleTasksError } from "../../../shared/errors.ts";
import { createResources } from "../../../shared/resources.ts";
import { makeTemporaryDirectory, type TemporaryDirectory } from "../../../shared/temporary-directory.ts";

/** Where a task that is run once writes. Disposing of it removes what is not to be kept; what a killed process left goes with the next one. */
export interface Scratch extends AsyncDisposable {
  readonly bucket: Bucket;
  /** The bucket's folder, where it is kept. */
  readonly kept: string | undefined;
  readonly cacheDirectory: string;
}

/** @param keep the bucket's folder, absolute; without it the bucket is removed. @throws `usage` when something lies there */
export async function openScratch(keep: string | undefined): Promise<Scratch> {
  // What is there would be taken for the task's own.
  if (keep !== undefined && !(await isFree(keep))) {
    throw new SimpleTasksError("usage", `--keep: ${keep} is no empty folder`, {
      hint: "Name a folder that is not there yet, or empty this one.",
    });
  }
  const resources = createResources();
  try {
    const { path: directory } = resources.use(await makeDirectory());
    const bucket = resources.use(await openFileBucket({ directory: keep ?? path.join(directory, "bucket") }));
    return {
      bucket,
      kept: keep,
      cacheDirectory: path.join(directory, "cache"),
      [Symbol.asyncDispose]: () => resources[Symbol.asyncDispose](),
    };
  } catch (error) {
    await resources[Symbol.asyncDispose]();
    throw error;
  }
}

async function makeDirectory(): Promise<TemporaryDirectory> {
  try {
    return await makeTemporaryDirectory("run");
  } catch (cause) {
    throw new SimpleTasksError("io", `no folder can be made in ${os.tmpdir()}: ${messageOf(cause)}`, {
      hint: "The task's files lie there while it runs; TMPDIR names another place.",
      cause,
    });
  }
}

async function isFree(directory: string): Promise<boolean> {
  try {
    return (await readdir(directory)).length === 0;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT";
  }
}
