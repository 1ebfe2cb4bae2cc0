import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openBucket } from "../../shared/bucket/open.ts";
import { openCache } from "../../shared/cache/open.ts";
import { createDaemon } from "../../shared/daemon/daemon.ts";
import { openDatasource } from "../../shared/datasource/open.ts";
import { openQueue } from "../../shared/queue/open.ts";
import { taskText } from "../../shared/task/document.ts";

const leaseMilliseconds = 2000;

describe("leases", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "simpletasks-leases-"));
  });
  afterEach(async () => rm(directory, { recursive: true, force: true }));

  const queue = (name: string): ReturnType<typeof openQueue> =>
    openQueue(`sqlite://${join(directory, "queue.db")}?queue=${name}`);

  for (const isolation of ["process", "none"] as const) {
    test(`a task that blocks its processor for three leases keeps its lease (isolation ${isolation})`, async () => {
      await using taskQueue = await queue("tasks");
      await using errorQueue = await queue("errors");
      await using bucket = await openBucket(`file://${join(directory, "bucket")}`);
      await using cache = await openCache({ directory: join(directory, "cache") });
      const payload = { milliseconds: 3 * leaseMilliseconds };
      await taskQueue.send([{ body: taskText({ name: "BUSY", baseDirectory: "set", inputs: [], payload }) }]);
      const daemon = createDaemon({
        taskQueue,
        errorQueue,
        bucket,
        datasource: openDatasource({ bucket, cache }),
        workers: 1,
        isolation,
        leaseSeconds: leaseMilliseconds / 1000,
        pollFrequencySeconds: 0.2,
        untilDrained: true,
      });
      daemon.register(new URL("./programs/busy.task.ts", import.meta.url));
      expect(await daemon.run()).toMatchObject({ succeeded: 1, leasesLost: 0, retried: 0 });
    });
  }

  for (const stopAt of ["execute", "upload"] as const) {
    test(`a daemon stopped for two leases in ${stopAt} starts no upload and no report when it goes on`, async () => {
      await using tasks = await queue("tasks");
      await using done = await queue("done");
      await tasks.send([
        { body: taskText({ id: 1, name: "TEST", baseDirectory: "set", inputs: [], payload: null }) },
      ]);
      const program = fileURLToPath(new URL("./programs/stopped-daemon.ts", import.meta.url));
      const child = fork(program, [directory, stopAt], { execArgv: [] });
      const said: string[] = [];
      const ready = new Promise<void>((resolve) => {
        child.on("message", (line: string) => {
          said.push(line);
          if (line === "stop me") resolve();
        });
      });
      const puts = (): string[] => said.filter((line) => line.startsWith("put"));
      await ready;
      child.kill("SIGSTOP");
      await delay(2 * leaseMilliseconds);
      // Its lease has lapsed: somebody else gets the task, and holds it while the stopped daemon wakes up.
      const [message] = await tasks.receive({ max: 1, waitSeconds: 10, leaseSeconds: 60 });
      expect(message?.deliveries).toBe(2);
      const putsBefore = puts();
      child.kill("SIGCONT");
      child.send("go on");
      await tasks.delete([message?.receipt ?? ""]);
      await once(child, "exit");
      expect(said.at(-1)).toBe(`ended {"succeeded":0,"leasesLost":1}`);
      expect(puts()).toEqual(putsBefore);
      expect(await done.stats()).toMatchObject({ visible: 0 });
    });
  }
});
