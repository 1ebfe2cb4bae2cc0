import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { findTaskFiles } from "../../../daemon/config/task-files.ts";

let workspace: string;

beforeEach(() => {
  workspace = mkdtempSync(path.join(os.tmpdir(), "simpletasks-files-"));
  for (const file of [
    "tasks/b.task.ts",
    "tasks/deep/a.task.ts",
    "tasks/node_modules/x/no.task.ts",
    "tasks/other.ts",
  ]) {
    mkdirSync(path.dirname(path.join(workspace, file)), { recursive: true });
    writeFileSync(path.join(workspace, file), "");
  }
});
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

const found = async (...tasks: string[]): Promise<string[]> =>
  (await findTaskFiles({ workspace, tasks, taskOrigins: [] })).map((file) => path.relative(workspace, file));

it("finds the files of all patterns, each once, and nothing of installed packages", async () => {
  expect(await found("tasks/**/*.task.ts", "tasks/b.task.ts")).toEqual([
    "tasks/b.task.ts",
    "tasks/deep/a.task.ts",
  ]);
});

it("takes a pattern that matches nothing", async () => {
  expect(await found("none/*.task.ts")).toEqual([]);
});

it("refuses a path without a file, and says where it stands", async () => {
  const origin = { kind: "file", file: "/w/simpletasks.json", line: 3 } as const;
  const tasks = ["none/*.task.ts", "tasks/c.task.ts"];
  const taskOrigins = [{ kind: "default" } as const, origin];
  await expect(findTaskFiles({ workspace, tasks, taskOrigins })).rejects.toMatchObject({
    code: "config_invalid",
    message: "/w/simpletasks.json:3: there is no task file tasks/c.task.ts",
    hint: expect.stringContaining(`relative to ${workspace}`),
  });
});
