import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { openDaemonLog } from "../../../daemon/cli/daemon/log.ts";
import { screenLog, stoppingLine } from "../../../daemon/cli/daemon/screen-log.ts";
import { openTerminal, type Terminal } from "../../../daemon/cli/terminal.ts";

function screen(): { readonly terminal: Terminal; shown(): string } {
  const stream = new PassThrough();
  let text = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const terminal = openTerminal(new PassThrough(), Object.assign(stream, { isTTY: true, columns: 80 }));
  return { terminal, shown: () => stripVTControlCharacters(text) };
}

/** A log on a screen for a workspace, and its state directory. */
async function daemonLog(prepare = (_state: string): void => {}) {
  const directory = realpathSync(mkdtempSync(path.join(os.tmpdir(), "simpletasks-log-")));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  prepare(directory);
  const { terminal, shown } = screen();
  const log = await openDaemonLog({
    terminal,
    workspace: directory,
    environment: { XDG_STATE_HOME: directory },
  });
  return { directory, log, shown };
}

it("a line for people has numbers of two digits after the point", () => {
  const { terminal, shown } = screen();
  const fields = { seconds: 0.123456789, bytes: 78_888_990, name: "1.23456", none: undefined };
  screenLog(terminal).log("info", "task done", fields);
  expect(shown()).toMatch(/task done seconds=0\.12 bytes=78888990 name=1\.23456\n$/);
});

it("a file of the state directory has every line as JSON, and why the daemon failed", async () => {
  const { directory, log, shown } = await daemonLog();
  log.log("info", "task done", { seconds: 0.5 });
  log.log("debug", "too much");
  log.failed(new Error("the queue is gone"));
  await log[Symbol.asyncDispose]();
  const file = log.file ?? "";
  const name = path.basename(directory);
  expect(path.relative(directory, file)).toMatch(
    new RegExp(`^simpletasks/logs/${name}-[0-9a-f]{8}/${os.hostname()}\\.log$`),
  );
  const lines: unknown[] = readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const time = expect.stringMatching(/^\d{4}-/);
  expect(lines).toEqual([
    { pid: process.pid, level: "info", time, msg: "task done", seconds: 0.5 },
    { pid: process.pid, level: "error", time, msg: "daemon failed", error: "the queue is gone" },
  ]);
  expect(shown().split("\n")).toHaveLength(2);
  if (process.platform === "win32") return;
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
});

it.skipIf(process.platform === "win32")(
  "a state directory that others may enter is not used; that is told once and the daemon goes on",
  async () => {
    const { directory, log, shown } = await daemonLog((state) => {
      mkdirSync(path.join(state, "simpletasks"));
      chmodSync(path.join(state, "simpletasks"), 0o755);
    });
    log.log("info", "daemon starting", { log_file: log.file });
    log.log("info", "task done");
    await log[Symbol.asyncDispose]();
    expect(shown()).toMatch(
      /warn no log file is written error=.*open to other users.*chmod 700.*\n.*starting\n.*done\n$/,
    );
    expect(existsSync(path.join(directory, "simpletasks", "logs"))).toBe(false);
  },
);

it.each([
  [0, "stopping: no task is running"],
  [1, "stopping: waiting for 1 running task; Ctrl-C again gives it back"],
  [3, "stopping: waiting for 3 running tasks; Ctrl-C again gives them back"],
])("the first Ctrl-C with %d tasks running tells what is waited for", (running, line) => {
  expect(stoppingLine(running)).toBe(line);
});
