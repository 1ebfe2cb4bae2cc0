import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, utimesSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { makeFolder, type Folder } from "../daemon/cli/command-line.ts";
import { addTaskFile, startDaemon } from "./running-daemon.ts";

// A bound for machines that are busy otherwise; nothing is expected of their speed.
vi.setConfig({ testTimeout: 120_000 });

let folder: Folder;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const scratchLine = /"msg":"scratch ([^"]+)"/;

test("the scratch of a killed daemon's task is removed by the next daemon; that of a living one stays", async () => {
  addTaskFile(folder, new URL("./programs/scratch.task.ts", import.meta.url));
  const runOne = async (queue: string) => {
    const words = ["--task-queue", queue];
    await folder.run(["schedule", "-", ...words], { input: '{"task":"SCRATCHES","base_directory":"set"}' });
    const daemon = startDaemon(folder, ["--workers", "1", "--lease", "600", ...words]);
    const [scratch = ""] = await daemon.said(scratchLine);
    return { daemon, scratch };
  };
  const living = await runOne("one");
  const killed = await runOne("two");
  expect(readdirSync(killed.scratch)).toEqual(["large.dat"]);
  killed.daemon.kill("SIGKILL");
  await killed.daemon.ended;

  const next = startDaemon(folder, ["--workers", "1"]);
  await next.said(/"msg":"daemon running"/);
  expect(existsSync(killed.scratch)).toBe(false);
  expect(readdirSync(living.scratch)).toEqual(["large.dat"]);

  living.daemon.kill("SIGTERM");
  await living.daemon.said(/"msg":"daemon stopping"/);
  living.daemon.kill("SIGTERM");
  await living.daemon.ended;
  expect(existsSync(living.scratch)).toBe(false);
});

test("temporary directories that killed programs left are removed by the next daemon", async () => {
  const temporary = folder.file("tmp");
  mkdirSync(temporary);
  const environment = { TMPDIR: temporary };
  const program = fileURLToPath(new URL("../shared/temporary-directory-process.ts", import.meta.url));
  const child = fork(program, [], { execArgv: [], env: { ...process.env, ...environment } });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [directory] = (await once(child, "message")) as [string];
  expect(await folder.run(["daemon", "--until-drained"], { environment })).toMatchObject({ code: 0 });
  expect(readdirSync(directory)).toContain("scratch");

  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
  const minuteAgo = Date.now() / 1000 - 60;
  utimesSync(path.join(directory, ".owner.lock"), minuteAgo, minuteAgo);
  const { code, err } = await folder.run(["daemon", "--until-drained"], { environment });
  expect(code).toBe(0);
  expect(err).toContain(`"directories":["${directory}"]`);
  expect(readdirSync(temporary)).toEqual([]);
});
