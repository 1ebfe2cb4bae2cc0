import { chmodSync, mkdtempSync, rmSync, statSync, symlinkSync, mkdirSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ensurePrivateDirectory, machineDirectories } from "../../../daemon/config/directories.ts";

describe("where machine state lies", () => {
  const linux = { platform: "linux", home: "/home/ada" } as const;

  it("follows XDG", () => {
    expect(machineDirectories({ ...linux, environment: {} })).toEqual({
      state: "/home/ada/.local/state/simpletasks",
      runtime: "/home/ada/.local/state/simpletasks/run",
    });
    const environment = { XDG_STATE_HOME: "/s", XDG_RUNTIME_DIR: "/run/user/7" };
    expect(machineDirectories({ ...linux, environment })).toEqual({
      state: "/s/simpletasks",
      runtime: "/run/user/7/simpletasks",
    });
  });

  it("ignores relative values, as XDG says", () => {
    const environment = { XDG_STATE_HOME: "s", XDG_RUNTIME_DIR: "" };
    expect(machineDirectories({ ...linux, environment }).state).toBe("/home/ada/.local/state/simpletasks");
  });

  it("is LocalAppData on Windows", () => {
    const windows = { platform: "win32", home: "C:\\Users\\ada" } as const;
    expect(machineDirectories({ ...windows, environment: { LOCALAPPDATA: "D:\\Local" } }).state).toBe(
      "D:\\Local\\SimpleTasks",
    );
    expect(machineDirectories({ ...windows, environment: {} }).runtime).toBe(
      "C:\\Users\\ada\\AppData\\Local\\SimpleTasks\\run",
    );
  });
});

describe.skipIf(process.platform === "win32")("a private directory", () => {
  let parent: string;
  beforeEach(() => {
    parent = mkdtempSync(path.join(os.tmpdir(), "simpletasks-private-"));
  });
  afterEach(() => rmSync(parent, { recursive: true, force: true }));

  it("is made for the user alone", async () => {
    const directory = path.join(parent, "a", "b");
    await ensurePrivateDirectory(directory);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    await ensurePrivateDirectory(directory);
  });

  it("is refused when others may enter it", async () => {
    chmodSync(parent, 0o750);
    await expect(ensurePrivateDirectory(parent)).rejects.toMatchObject({ code: "config_invalid" });
  });

  it("is refused when it is a link", async () => {
    mkdirSync(path.join(parent, "there"), { mode: 0o700 });
    symlinkSync(path.join(parent, "there"), path.join(parent, "link"));
    await expect(ensurePrivateDirectory(path.join(parent, "link"))).rejects.toMatchObject({
      code: "config_invalid",
    });
  });
});
