import { fork } from "node:child_process";
import { once } from "node:events";
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { makeTemporaryDirectory, removeAbandonedDirectories } from "../../shared/temporary-directory.ts";

/** Stands in for the system's temporary directory. */
let parent: string;

beforeEach(() => {
  const directory = realpathSync(mkdtempSync(path.join(os.tmpdir(), "simpletasks-temporary-")));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  parent = directory;
});

/** A process that has made a temporary directory. */
async function start() {
  const program = fileURLToPath(new URL("./temporary-directory-process.ts", import.meta.url));
  const child = fork(program, [], { execArgv: [], env: { ...process.env, TMPDIR: parent } });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [directory] = (await once(child, "message")) as [string];
  return {
    directory,
    async kill() {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}

const later = (): number => Date.now() + 60_000;

it("a temporary directory goes with its owner", async () => {
  const directory = await makeTemporaryDirectory("test");
  writeFileSync(path.join(directory.path, "file"), "");
  expect(path.basename(directory.path)).toMatch(/^simpletasks-test-/);
  await directory[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
  expect(existsSync(directory.path)).toBe(false);
});

it.skipIf(process.platform === "win32")(
  "that of a killed process is removed, that of a living one stays",
  async () => {
    const [killed, living] = await Promise.all([start(), start()]);
    await killed.kill();
    expect(await removeAbandonedDirectories(parent, later())).toEqual([killed.directory]);
    expect(readdirSync(parent)).toEqual([path.basename(living.directory)]);
    await living.kill();
    expect(await removeAbandonedDirectories(parent, Date.now())).toEqual([]);
    expect(await removeAbandonedDirectories(parent, later())).toEqual([living.directory]);
  },
);

it.skipIf(process.platform === "win32")(
  "what is not ours stays: no lock, another name, a link; and what links lead to",
  async () => {
    const { directory, kill } = await start();
    await kill();
    mkdirSync(path.join(parent, "simpletasks-demo-x"));
    mkdirSync(path.join(parent, "elsewhere"));
    for (const name of ["elsewhere/.owner.lock", "elsewhere/kept", "simpletasks-file"])
      writeFileSync(path.join(parent, name), "");
    symlinkSync(path.join(parent, "elsewhere"), path.join(parent, "simpletasks-run-link"));
    mkdirSync(path.join(parent, "simpletasks-run-y"));
    symlinkSync(
      path.join(parent, "elsewhere", ".owner.lock"),
      path.join(parent, "simpletasks-run-y", ".owner.lock"),
    );
    symlinkSync(path.join(parent, "elsewhere"), path.join(directory, "link"));
    expect(await removeAbandonedDirectories(parent, later())).toEqual([directory]);
    expect(readdirSync(parent).toSorted()).toEqual([
      "elsewhere",
      "simpletasks-demo-x",
      "simpletasks-file",
      "simpletasks-run-link",
      "simpletasks-run-y",
    ]);
    expect(readdirSync(path.join(parent, "elsewhere"))).toEqual([".owner.lock", "kept"]);
  },
);

it.skipIf(process.getuid?.() !== 0)("another user's stays", async () => {
  const { directory, kill } = await start();
  await kill();
  chownSync(directory, 65_534, 65_534);
  expect(await removeAbandonedDirectories(parent, later())).toEqual([]);
});

it("there may be no temporary directory at all", async () => {
  expect(await removeAbandonedDirectories(path.join(parent, "none"))).toEqual([]);
});
