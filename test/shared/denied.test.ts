import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { openFileBucket } from "../../shared/bucket/file.ts";
import { openCache } from "../../shared/cache/open.ts";
import { deniedFolder } from "../../shared/denied.ts";
import { makeDirectory } from "../../shared/make-directory.ts";

describe.skipIf(process.getuid === undefined)("a folder that this process may not enter", () => {
  let closed: string;

  beforeEach(async () => {
    // What loads late is loaded as the user who may read it.
    const parent = realpathSync(mkdtempSync(path.join(os.tmpdir(), "simpletasks-denied-")));
    await (await openCache({ directory: path.join(parent, "cache") }))[Symbol.asyncDispose]();
    closed = path.join(parent, "closed");
    mkdirSync(path.join(closed, "inner"), { recursive: true });
    chmodSync(parent, 0o755);
    chmodSync(closed, 0o600);
    // The superuser may enter everything.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    onTestFinished(() => {
      if (isRoot) process.seteuid?.(0);
      chmodSync(closed, 0o700);
      rmSync(parent, { recursive: true });
    });
  });

  it("is found on the way to what lies in it, there or not", () => {
    expect(deniedFolder(path.join(closed, "inner"))).toBe(closed);
    expect(deniedFolder(path.join(closed, "none", "below"))).toBe(closed);
    expect(deniedFolder(closed)).toBeUndefined();
    expect(deniedFolder(path.join(path.dirname(closed), "none", "below"))).toBeUndefined();
  });

  it("is named when a folder is to be made in it", async () => {
    const wanted = path.join(closed, "inner", "new");
    await expect(makeDirectory(wanted)).rejects.toMatchObject({
      code: "io",
      message: `the folder ${wanted} cannot be made: you may not enter ${closed}`,
    });
  });

  it.each(["", "bucket", "inner"])("is named when a bucket lies in it or is it (%j)", async (below) => {
    const directory = path.join(closed, below);
    await expect(openFileBucket({ directory })).rejects.toMatchObject({
      code: "io",
      message: `The bucket directory ${directory} cannot be used: you may not enter ${closed}`,
      hint: expect.stringContaining("Ask the owner"),
    });
  });

  it.each(["", "cache", "inner"])("is named when a cache lies in it or is it (%j)", async (below) => {
    const opened = openCache({ directory: path.join(closed, below), shared: true });
    await expect(opened).rejects.toMatchObject({
      code: "cache_refused",
      message: expect.stringMatching(new RegExp(`you may not enter ${closed}$`)),
    });
  });
});
