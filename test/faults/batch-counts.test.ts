import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";
import { schedule } from "../../shared/batch/schedule.ts";
import { openBucket } from "../../shared/bucket/open.ts";
import { openQueue } from "../../shared/queue/open.ts";
import type { KilledDaemonOrder } from "./programs/killed-daemon.ts";

// A bound for machines that are busy otherwise; nothing is expected of their speed.
vi.setConfig({ testTimeout: 300_000 });

const program = fileURLToPath(new URL("./programs/killed-daemon.ts", import.meta.url));
const tasks = 20;

test.each([
  ["one queue file", "queue.db"],
  ["reports in another file", "reports.db"],
])("a batch's counts stay exact when daemons are killed in the middle, %s", async (_, reports) => {
  const directory = await mkdtemp(join(tmpdir(), "simpletasks-batch-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const url = (file: string, queue: string): string => `sqlite://${join(directory, file)}?queue=${queue}`;
  await using bucket = await openBucket(`file://${join(directory, "bucket")}`);
  for (let id = 0; id < tasks; id += 1) await bucket.put(`set/0_input/${id}.dat`, `number ${id}\n`);
  await using queue = await openQueue(url("queue.db", "tasks"));
  const batch = "the batch";
  await schedule(
    queue,
    Array.from({ length: tasks }, (__, id) => ({
      name: id % 10 === 9 ? "UNKNOWN" : "COPY_TWICE",
      baseDirectory: "set",
      inputs: [`0_input/${id}.dat`],
      // What is to fail does so at both attempts; what is no boolean is refused.
      payload: { fails: id % 10 === 8 ? "invalid" : id % 10 === 7 },
    })),
    { batch },
  );
  const counts = async () => {
    const [only, ...others] = (await queue.batches?.list()) ?? [];
    expect(others).toEqual([]);
    return only;
  };
  expect(await counts()).toMatchObject({ batch, scheduled: tasks, queued: tasks });

  const runDaemon = async (kill: Pick<KilledDaemonOrder, "point" | "countdown">) => {
    const order: KilledDaemonOrder = {
      directory,
      taskQueue: url("queue.db", "tasks"),
      errorQueue: url(reports, "errors"),
      doneQueue: url(reports, "done"),
      turnsLater: 0,
      deletesFirst: false,
      // Nobody waits for what a killed daemon had leased, and nobody loses a lease on a slow machine.
      leaseSeconds: 600,
      inProcess: true,
      ...kill,
    };
    const child = spawn(process.execPath, [program, JSON.stringify(order)], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const ended = (await once(child, "close")) as [number | null, string | null];
    await queue.releaseAll?.();
    return ended;
  };

  const sameFile = reports === "queue.db";
  expect(await runDaemon({ point: sameFile ? "settle" : "delete", countdown: 3 })).toEqual([null, "SIGKILL"]);
  const between = await counts();
  expect(between?.scheduled).toBe(tasks);
  expect((between?.done ?? 0) + (between?.failed ?? 0)).toBeGreaterThan(0);
  expect(await runDaemon({ point: sameFile ? "upload" : "report", countdown: 2 })).toEqual([null, "SIGKILL"]);
  expect(await runDaemon({ point: "none", countdown: 0 })).toEqual([0, null]);
  expect(await counts()).toMatchObject({ scheduled: tasks, queued: 0, running: 0, done: 14, failed: 6 });
});
