import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, watch, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { openBucket } from "../../shared/bucket/open.ts";
import { openCache } from "../../shared/cache/open.ts";
import { createDaemon } from "../../shared/daemon/daemon.ts";
import { openDatasource } from "../../shared/datasource/open.ts";
import { openQueue, type OpenQueueOptions } from "../../shared/queue/open.ts";
import { taskText } from "../../shared/task/document.ts";
import { emptyTask, end, makeFolder, type Folder } from "../daemon/cli/command-line.ts";
import { addTaskFile, startDaemon } from "./running-daemon.ts";

// A bound for machines that are busy otherwise; nothing is expected of their speed.
vi.setConfig({ testTimeout: 900_000 });

let folder: Folder;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

/** Long enough for a daemon to begin, short enough to be waited for. */
const impatient = { busySeconds: 0.3 };

const file = (): string => folder.file(".simpletasks/queue.db");

function queue(name: string, options: OpenQueueOptions = {}): ReturnType<typeof openQueue> {
  const baseDirectory = folder.path;
  return openQueue(`sqlite:.simpletasks/queue.db?queue=${name}`, { baseDirectory, ...options });
}

interface Lock {
  release(): Promise<void>;
}

/** Has another program lock the queue file. */
async function lock(shutsOut: "writers" | "everybody" = "writers"): Promise<Lock> {
  const program = fileURLToPath(new URL("./programs/lock-file.ts", import.meta.url));
  const child = fork(program, [file(), shutsOut], { execArgv: ["--disable-warning=ExperimentalWarning"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "message");
  return {
    async release() {
      child.send("release");
      await once(child, "exit");
    },
  };
}

/** Resolves when somebody waits in line for the file. */
async function someoneWaits(): Promise<void> {
  const line = `${file()}-line`;
  const watcher = watch(folder.file(".simpletasks"));
  const waits = new Promise<void>((resolve) => {
    watcher.on("change", () => existsSync(line) && resolve());
  });
  if (!existsSync(line)) await waits;
  watcher.close();
}

async function stats(name: string): Promise<unknown> {
  await using counted = await queue(name);
  return counted.stats();
}

async function sendTasks(count: number, payload: unknown = null, name = "NO_OP"): Promise<void> {
  await using tasks = await queue("tasks");
  const body = (id: number): string => taskText({ id, name, baseDirectory: "set", inputs: [], payload });
  await tasks.send(Array.from({ length: count }, (_, id) => ({ body: body(id) })));
}

test("queue send waits for the program that has the file locked, then sends everything once", async () => {
  await sendTasks(1);
  const locked = await lock();
  const child = folder.start(["queue", "send", "tasks", "-"]);
  const ended = end(child);
  child.stdin.end(`${emptyTask(1)}\n${emptyTask(2)}\n`);
  await someoneWaits();
  expect(child.exitCode).toBe(null);
  expect(await stats("tasks")).toMatchObject({ visible: 1 });
  await locked.release();
  expect(await ended).toMatchObject({ code: 0, err: "", out: expect.stringContaining("sent 2 messages") });
  expect(await stats("tasks")).toMatchObject({ visible: 3 });
});

test("who does not wait that long gets an error that names the file, and nothing was sent", async () => {
  await sendTasks(1);
  await using tasks = await queue("tasks", impatient);
  const locked = await lock();
  const refused = { code: "queue_busy", retryable: true, message: expect.stringContaining(file()) };
  const sending = tasks.send([{ body: "a" }]).then(([outcome]) => {
    if (outcome?.sent === false) throw outcome.error;
  });
  await expect(sending).rejects.toMatchObject(refused);
  await expect(tasks.receive({ max: 1, waitSeconds: 0, leaseSeconds: 60 })).rejects.toMatchObject(refused);
  await expect(tasks.purge()).rejects.toMatchObject(refused);
  // Looking is still possible: nothing of it has happened.
  expect(await tasks.stats()).toMatchObject({ visible: 1, leased: 0 });
  await locked.release();
  expect(await tasks.send([{ body: "a" }])).toMatchObject([{ sent: true }]);
  expect(await tasks.stats()).toMatchObject({ visible: 2, leased: 0 });
});

test("a file that cannot even be read is named when it is opened", async () => {
  await sendTasks(1);
  const locked = await lock("everybody");
  await expect(queue("tasks", impatient)).rejects.toMatchObject({
    code: "queue_busy",
    message: expect.stringContaining(file()),
  });
  await locked.release();
  expect(await stats("tasks")).toMatchObject({ visible: 1 });
});

test("a daemon whose file is locked when its tasks end reports them when it is released", async () => {
  addTaskFile(folder, new URL("./programs/hold.task.ts", import.meta.url));
  await sendTasks(3, { until: folder.file("go") }, "HOLDS");
  const daemon = startDaemon(folder, ["--workers", "3", "--until-drained"]);
  await daemon.said(/holding/, 3);
  const locked = await lock();
  writeFileSync(folder.file("go"), "");
  await someoneWaits();
  expect(await stats("tasks-done")).toMatchObject({ visible: 0 });
  await locked.release();
  const { code, out, err } = await daemon.ended;
  expect(code, err).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ succeeded: 3, failed: 0, retried: 0, leases_lost: 0 });
  expect(await stats("tasks-done")).toMatchObject({ visible: 3 });
  expect(await stats("tasks")).toMatchObject({ visible: 0, leased: 0, delayed: 0 });
});

test("a daemon that gets nothing but that error keeps asking, and goes on once the file is released", async () => {
  await sendTasks(20);
  const locked = await lock();
  await using taskQueue = await queue("tasks", impatient);
  await using errorQueue = await queue("errors", impatient);
  await using doneQueue = await queue("done", impatient);
  await using bucket = await openBucket("memory:");
  await using cache = await openCache({ directory: folder.file("cache") });
  const { promise: refused, resolve } = Promise.withResolvers<string>();
  const daemon = createDaemon({
    taskQueue,
    errorQueue,
    doneQueue,
    bucket,
    datasource: openDatasource({ bucket, cache }),
    workers: 1,
    pollFrequencySeconds: 0.1,
    untilDrained: true,
    log: { log: (level, _message, fields) => level === "warn" && resolve(String(fields?.["error"])) },
  });
  const running = daemon.run();
  expect(await refused).toContain(file());
  expect(daemon.state).toBe("running");
  await locked.release();
  expect(await running).toMatchObject({ succeeded: 20, failed: 0, leasesLost: 0 });
  expect(await stats("done")).toMatchObject({ visible: 20 });
});
