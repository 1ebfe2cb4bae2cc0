import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openQueue } from "../../shared/queue/open.ts";
import type { Message } from "../../shared/queue/queue.ts";
import { taskText } from "../../shared/task/document.ts";
import { makeFolder, type Ended, type Folder } from "../daemon/cli/command-line.ts";
import { addTaskFile, startDaemon } from "./running-daemon.ts";

// A bound for machines that are busy otherwise; nothing is expected of their speed.
vi.setConfig({ testTimeout: 900_000 });

let folder: Folder;
beforeEach(async () => {
  folder = await makeFolder();
  addTaskFile(folder, new URL("./programs/hold.task.ts", import.meta.url));
});
afterEach(() => folder[Symbol.asyncDispose]());

const queue = (name: string): ReturnType<typeof openQueue> =>
  openQueue(`sqlite:.simpletasks/queue.db?queue=${name}`, { baseDirectory: folder.path });

async function send(...names: readonly string[]): Promise<void> {
  await using tasks = await queue("tasks");
  const payload = { until: folder.file("go") };
  await tasks.send(
    names.map((name, id) => ({ body: taskText({ id, name, baseDirectory: "set", inputs: [], payload }) })),
  );
}

/** Leases so many messages as they become visible, whoever gives them back. */
async function lease(count: number): Promise<readonly Message[]> {
  await using tasks = await queue("tasks");
  const messages: Message[] = [];
  while (messages.length < count) {
    messages.push(...(await tasks.receive({ max: count, waitSeconds: 20, leaseSeconds: 600 })));
  }
  return messages;
}

async function count(name: string): Promise<number> {
  await using counted = await queue(name);
  return (await counted.stats()).visible;
}

/** A log of whole lines of JSON, none of which shows a stack. */
function expectQuiet({ code, err }: Ended): void {
  expect(code, err).toBe(0);
  for (const line of err.trim().split("\n")) expect(() => void JSON.parse(line), line).not.toThrow();
  expect(err).not.toMatch(/ at .*:\d+:\d+|warning/i);
}

const isUploaded = (key: string): boolean => existsSync(folder.file(".simpletasks/bucket", key));

describe("SIGTERM while tasks run", () => {
  test("running ones finish and are reported, waiting ones go back as if never delivered", async () => {
    await send(...Array.from({ length: 6 }, () => "HOLDS"));
    const daemon = startDaemon(folder, ["--workers", "2"]);
    await daemon.said(/holding/, 2);
    daemon.kill("SIGTERM");
    const returned = await lease(4);
    expect(returned.map(({ deliveries }) => deliveries)).toEqual([1, 1, 1, 1]);
    expect(await count("tasks-done")).toBe(0);
    writeFileSync(folder.file("go"), "");
    const ended = await daemon.ended;
    expectQuiet(ended);
    expect(JSON.parse(ended.out)).toMatchObject({ succeeded: 2, failed: 0, returned: 4, leases_lost: 0 });
    expect(await count("tasks-done")).toBe(2);
    expect(await count("tasks-errors")).toBe(0);
    for (const id of [0, 1])
      expect(readFileSync(folder.file(".simpletasks/bucket/set/0_output", `${id}.txt`), "utf8")).toBe("held");
    await using tasks = await queue("tasks");
    expect(await tasks.stats()).toMatchObject({ visible: 0, leased: 4, delayed: 0 });
  });

  test.each(["OBEYS", "COMPUTES"])(
    "a second SIGTERM gives up what runs and gives it back (%s)",
    async (name) => {
      await send(name);
      const daemon = startDaemon(folder, ["--workers", "1"]);
      await daemon.said(/holding/);
      daemon.kill("SIGTERM");
      await daemon.said(/daemon.*stopping|stopping.*daemon/);
      daemon.kill("SIGTERM");
      const ended = await daemon.ended;
      expectQuiet(ended);
      expect(JSON.parse(ended.out)).toMatchObject({ succeeded: 0, failed: 0, returned: 1, leases_lost: 0 });
      await using tasks = await queue("tasks");
      expect(await tasks.stats()).toMatchObject({ visible: 1, leased: 0, delayed: 0 });
      // It had begun, so that delivery counts.
      expect((await lease(1)).map(({ deliveries }) => deliveries)).toEqual([2]);
      expect([await count("tasks-done"), await count("tasks-errors")]).toEqual([0, 0]);
      expect(isUploaded("set/held/early.txt")).toBe(false);
    },
  );
});

describe.skipIf(process.platform === "win32")("kill -9 of the daemon", () => {
  test("leaves no worker behind, nor a program that a worker started, whatever they are at", async () => {
    await send("HOLDS", "COMPUTES", "OBEYS");
    const daemon = startDaemon(folder, ["--workers", "4"]);
    const workers = await daemon.said(/holding (\d+)/, 3);
    const started = await daemon.said(/started (\d+)/);
    const processes = [...workers, ...started].map(Number);
    expect(new Set(processes).size).toBe(4);
    expect(processes.filter(isRunning)).toEqual(processes);
    // The fourth worker has no task; like the others it is a child of the daemon.
    const all = new Set([...processes, ...childrenOf(daemon.pid)]);
    expect(all.size).toBeGreaterThanOrEqual(process.platform === "linux" ? 5 : 4);
    daemon.kill("SIGKILL");
    await vi.waitFor(() => expect([...all].filter(isRunning)).toEqual([]), { timeout: 60_000, interval: 50 });
  });
});

/** A process that ended and that nobody asked about is a zombie, which runs no more. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

function childrenOf(pid: number | undefined): readonly number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  return existsSync(file) ? readFileSync(file, "utf8").trim().split(" ").map(Number) : [];
}
