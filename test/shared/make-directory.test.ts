import { mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { makeDirectory, makeDirectorySync } from "../../shared/make-directory.ts";

let parent: string;

beforeEach(() => {
  const directory = realpathSync(mkdtempSync(path.join(os.tmpdir(), "simpletasks-make-")));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  parent = directory;
});

describe.each([
  ["makeDirectory", makeDirectory],
  ["makeDirectorySync", async (directory: string, mode?: number) => makeDirectorySync(directory, mode)],
])("%s", (_, make) => {
  it("makes what is missing, with the mode, and is content with what is there", async () => {
    const wanted = path.join(parent, "a", "b", "c");
    await make(wanted, 0o700);
    await make(wanted, 0o700);
    await make("/");
    expect(statSync(wanted).isDirectory()).toBe(true);
    if (process.platform !== "win32") expect(statSync(path.dirname(wanted)).mode & 0o777).toBe(0o700);
  });

  it("is content with a link to a folder, and goes through it", async () => {
    symlinkSync(parent, path.join(parent, "link"), "junction");
    await make(path.join(parent, "link"));
    await make(path.join(parent, "link", "x", "y"));
    expect(statSync(path.join(parent, "x", "y")).isDirectory()).toBe(true);
  });

  it("makes many below one missing parent at once", async () => {
    const folders = Array.from({ length: 20 }, (_, index) => path.join(parent, "p", "q", String(index)));
    await Promise.all(folders.map((folder) => make(folder)));
    expect(folders.every((folder) => statSync(folder).isDirectory())).toBe(true);
  });

  it.each(["file", "file/below/it"])("says that a file is in the way of %s", async (name) => {
    writeFileSync(path.join(parent, "file"), "");
    const wanted = path.join(parent, name);
    await expect(make(wanted)).rejects.toMatchObject({
      code: "io",
      message: `the folder ${wanted} cannot be made: a file is where a folder must be`,
    });
  });

  it("says that nothing can be made behind a link to nothing", async () => {
    symlinkSync(path.join(parent, "nowhere"), path.join(parent, "link"));
    await expect(make(path.join(parent, "link", "x"))).rejects.toMatchObject({ code: "io" });
  });

  it.runIf(process.platform === "linux")("ends where the parent lets nothing be made", async () => {
    await expect(make("/proc/simpletasks/a/b")).rejects.toMatchObject({
      code: "io",
      message: "the folder /proc/simpletasks/a/b cannot be made: the system lets nothing be made there",
    });
  });
});
