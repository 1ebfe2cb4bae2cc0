import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, test } from "vitest";
import { bucketContract } from "../../shared/bucket/contract.ts";
import { openFileBucket } from "../../shared/bucket/file.ts";
import { createMemoryBucket } from "../../shared/bucket/memory.ts";

const directories: string[] = [];

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "bucket-"));
  directories.push(directory);
  return directory;
}

afterAll(() => Promise.all(directories.map((directory) => rm(directory, { recursive: true, force: true }))));

describe("the memory bucket", () => {
  for (const { name, skipped, run } of bucketContract({ open: async () => createMemoryBucket() })) {
    test.skipIf(skipped !== undefined)(name, run);
  }
});

describe("the file bucket", () => {
  const cases = bucketContract({
    open: async () => openFileBucket({ directory: await newDirectory() }),
    lacks: {
      besides: "a path is a file or a directory",
      "long parts": "a file name has at most 255 bytes",
      ...(process.platform === "linux"
        ? {}
        : { case: "the file system may fold case", normalisation: "it may fold Unicode" }),
      ...(process.platform === "win32" ? { "windows names": "Windows reads these otherwise" } : {}),
    },
  });
  for (const { name, skipped, run } of cases) {
    test.skipIf(skipped !== undefined)(skipped === undefined ? name : `${name} (skipped: ${skipped})`, run);
  }
});
