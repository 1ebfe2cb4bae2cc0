import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { schedule } from "../../shared/batch/schedule.ts";
import { openBucket } from "../../shared/bucket/open.ts";
import { openQueue } from "../../shared/queue/open.ts";
import { readReport } from "../../shared/task/read-report.ts";
import type { KillPoint } from "./programs/kill-points.ts";
import type { KilledDaemonOrder } from "./programs/killed-daemon.ts";

// A bound for machines that are busy otherwise; nothing is expected of their speed.
vi.setConfig({ testTimeout: 900_000 });

const tasks = 200;
const program = fileURLToPath(new URL("./programs/killed-daemon.ts", import.meta.url));
const fails = (id: number): boolean => id % 20 === 7;

interface Kill {
  readonly point: KillPoint | "prepare" | "execute";
  /** The how-many-th time the point is passed. */
  readonly at: number;
  /** So many turns of the daemon's event loop later; 0 is right at the point. */
  readonly turnsLater?: number;
}

/** What the queues and the bucket say after the last daemon has ended. */
interface Findings {
  readonly unreported: readonly number[];
  readonly wrongOutputs: readonly string[];
  readonly deliveriesExceeded: number;
}

describe("daemons killed at any point", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "simpletasks-kills-"));
  });
  afterEach(async () => rm(directory, { recursive: true, force: true }));

  const queueUrl = (name: string, file: string): string => `sqlite://${join(directory, file)}?queue=${name}`;

  async function prepare(
    sameFile: boolean,
  ): Promise<Pick<KilledDaemonOrder, "taskQueue" | "errorQueue" | "doneQueue">> {
    const queues = {
      taskQueue: queueUrl("tasks", "queue.db"),
      errorQueue: queueUrl("errors", sameFile ? "queue.db" : "reports.db"),
      doneQueue: queueUrl("done", sameFile ? "queue.db" : "reports.db"),
    };
    await using bucket = await openBucket(`file://${join(directory, "bucket")}`);
    for (let id = 0; id < tasks; id += 1) await bucket.put(`set/0_input/${id}.dat`, `number ${id}\n`);
    await using queue = await openQueue(queues.taskQueue);
    await schedule(
      queue,
      Array.from({ length: tasks }, (_, id) => ({
        id,
        name: "COPY_TWICE",
        baseDirectory: "set",
        inputs: [`0_input/${id}.dat`],
        payload: { fails: fails(id) },
      })),
    );
    return queues;
  }

  /** Starts a daemon and waits for its end. */
  async function runDaemon(
    order: KilledDaemonOrder,
    kill?: Kill,
  ): Promise<{ code: number | null; signal: string | null; stderr: string }> {
    const inTask = kill?.point === "prepare" || kill?.point === "execute" ? `${kill.point}:${kill.at}` : "";
    const child = spawn(process.execPath, [program, JSON.stringify(order)], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, KILL_DAEMON_AT: inTask },
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const [code, signal] = (await once(child, "close")) as [number | null, string | null];
    return { code, signal, stderr };
  }

  async function findings(queues: Pick<KilledDaemonOrder, "errorQueue" | "doneQueue">): Promise<Findings> {
    const done = new Set<number>();
    const failed = new Set<number>();
    let deliveriesExceeded = 0;
    for (const [url, ids] of [
      [queues.doneQueue, done],
      [queues.errorQueue, failed],
    ] as const) {
      await using queue = await openQueue(url);
      for (const { body } of (await queue.peek?.({ max: 10_000 })) ?? []) {
        const report = JSON.parse(body) as {
          task: { basic_info: { id: number } };
          simpletasks: { error?: { code?: string } };
        };
        expect(readReport(body).taskText).toBeDefined();
        ids.add(report.task.basic_info.id);
        if (report.simpletasks.error?.code === "deliveries_exceeded") deliveriesExceeded += 1;
      }
    }
    const unreported: number[] = [];
    const wrongOutputs: string[] = [];
    for (let id = 0; id < tasks; id += 1) {
      if (!(fails(id) ? failed : done).has(id)) unreported.push(id);
      if (fails(id)) continue;
      const text = `number ${id}\n`;
      for (const [name, expected] of [
        [`${id}.once`, text],
        [`${id}.twice`, text + text],
      ] as const) {
        const found = await readFile(join(directory, "bucket/set/0_output", name), "utf8").catch(
          () => "missing",
        );
        if (found !== expected) wrongOutputs.push(name);
      }
    }
    return { unreported, wrongOutputs, deliveriesExceeded };
  }

  async function runThrough(
    kills: readonly Kill[],
    given: { sameFile: boolean; deletesFirst?: boolean },
  ): Promise<Findings> {
    const queues = await prepare(given.sameFile);
    const order = { directory, ...queues, deletesFirst: given.deletesFirst ?? false };
    for (const kill of kills) {
      const point = kill.point === "prepare" || kill.point === "execute" ? "none" : kill.point;
      const end = await runDaemon(
        { ...order, point, countdown: kill.at, turnsLater: kill.turnsLater ?? 0 },
        kill,
      );
      expect(end, JSON.stringify(kill)).toMatchObject({ signal: "SIGKILL" });
    }
    const last = await runDaemon({ ...order, point: "none", countdown: 0, turnsLater: 0 });
    expect(last).toMatchObject({ code: 0, stderr: "" });
    return findings(queues);
  }

  test("twenty kills, one queue file: every output right, every task reported, none by the delivery cap", async () => {
    const atPoints: Kill[] = [
      { point: "lease", at: 1 },
      { point: "fetch", at: 2 },
      { point: "prepare", at: 2 },
      { point: "execute", at: 3 },
      { point: "upload", at: 1 },
      { point: "upload", at: 2 },
      { point: "settle", at: 1 },
      { point: "settle", at: 5 },
      { point: "lease", at: 3 },
      { point: "fetch", at: 7 },
    ];
    const anywhere: Kill[] = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89].map((turnsLater, index) => ({
      point: "upload",
      at: 2 * index + 1,
      turnsLater,
    }));
    const kills = atPoints.flatMap((kill, index) => [kill, anywhere[index] ?? kill]);
    expect(await runThrough(kills, { sameFile: true })).toEqual({
      unreported: [],
      wrongOutputs: [],
      deliveriesExceeded: 0,
    });
  });

  test("kills between report and delete, reports in another file: duplicates at worst, nothing lost", async () => {
    const kills: Kill[] = [
      { point: "report", at: 1 },
      { point: "delete", at: 1 },
      { point: "report", at: 5 },
      { point: "delete", at: 5 },
    ];
    expect(await runThrough(kills, { sameFile: false })).toEqual({
      unreported: [],
      wrongOutputs: [],
      deliveriesExceeded: 0,
    });
  });

  // The kill falls between the deletes of a batch and its reports, wherever in the queue that is.
  test.each([1, 10])(
    "a queue that deletes before it reports fails this every time (delete %i)",
    async (at) => {
      const found = await runThrough([{ point: "delete", at }], { sameFile: false, deletesFirst: true });
      expect(found.unreported.length).toBeGreaterThan(0);
    },
  );
});
