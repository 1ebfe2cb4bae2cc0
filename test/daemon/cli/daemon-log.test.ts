import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { openDaemonLog, stoppingLine } from "../../../daemon/cli/daemon/log.ts";
import { openTerminal } from "../../../daemon/cli/terminal.ts";

function screen(): { log: ReturnType<typeof openDaemonLog>; shown(): string } {
  const stream = new PassThrough();
  let text = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const terminal = openTerminal(new PassThrough(), Object.assign(stream, { isTTY: true, columns: 80 }));
  return { log: openDaemonLog(terminal), shown: () => text };
}

it("a line for people has numbers of two digits after the point", () => {
  const { log, shown } = screen();
  log.log("info", "task done", { seconds: 0.123456789, bytes: 78_888_990, name: "1.23456", none: undefined });
  expect(shown()).toMatch(/task done seconds=0\.12 bytes=78888990 name=1\.23456\n$/);
});

it.each([
  [0, "stopping: no task is running"],
  [1, "stopping: waiting for 1 running task; Ctrl-C again gives it back"],
  [3, "stopping: waiting for 3 running tasks; Ctrl-C again gives them back"],
])("the first Ctrl-C with %d tasks running tells what is waited for", (running, line) => {
  expect(stoppingLine(running)).toBe(line);
});
