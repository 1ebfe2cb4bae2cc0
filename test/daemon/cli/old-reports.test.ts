import { afterEach, beforeEach, expect, it } from "vitest";
import { openQueue } from "../../../shared/queue/open.ts";
import { startDaemon } from "../../faults/running-daemon.ts";
import { emptyTask, makeFolder, type Folder } from "./command-line.ts";

let folder: Folder;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

it("a daemon removes reports that are older than it was told, and no others", async () => {
  const reports = async (): Promise<number> => {
    await using done = await openQueue("sqlite:.simpletasks/queue.db?queue=tasks-done", {
      baseDirectory: folder.path,
    });
    return (await done.stats()).visible;
  };
  await folder.run(["schedule", "-"], { input: emptyTask(1) });
  await folder.run(["daemon", "--until-drained"]);
  await folder.run(["daemon", "--until-drained", "--report-days", "0"]);
  expect(await reports()).toBe(1);

  const daemon = startDaemon(folder, ["--report-days", "0.0000001"]);
  expect(await daemon.said(/"reports":(\d+),.*"msg":"old reports removed"/)).toEqual(["1"]);
  expect(await reports()).toBe(0);
  daemon.kill("SIGTERM");
  expect(await daemon.ended).toMatchObject({ code: 0 });
});
