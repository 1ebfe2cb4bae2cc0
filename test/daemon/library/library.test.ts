import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "simpletasks-library-"));
  await mkdir(join(directory, "node_modules"));
  await symlink(repository, join(directory, "node_modules/simpletasks"), "dir");
  for (const file of ["program.mjs", "shout.task.ts"]) {
    await copyFile(new URL(file, import.meta.url), join(directory, file));
  }
});
afterEach(async () => rm(directory, { recursive: true, force: true }));

test("a daemon put together in code from the built library runs a task file in workers, and the program ends by itself", async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["program.mjs"], { cwd: directory });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({ progress: 1, succeeded: 1, failed: 0, done: 1 });
  expect(await readFile(join(directory, "bucket/books/shouted.txt"), "utf8")).toBe("CALL ME ISHMAEL!");
});
