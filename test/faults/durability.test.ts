import { copyFile, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openBucket } from "../../shared/bucket/open.ts";
import { openQueue } from "../../shared/queue/open.ts";
import { taskText } from "../../shared/task/document.ts";
import { describeNeeding, program } from "../bootstrap/suite-needing.ts";
import { programFile } from "../daemon/cli/command-line.ts";
import type { KilledDaemonOrder } from "./programs/killed-daemon.ts";
import { fileOf, type SystemCall, traceCalls } from "./system-calls.ts";

// A bound for machines that are busy otherwise; nothing is expected of their speed.
vi.setConfig({ testTimeout: 900_000 });

const strace = program("strace", "apt-get install strace");

describeNeeding(strace, "durability, over a traced file system", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await realpath(await mkdtemp(path.join(tmpdir(), "simpletasks-durability-")));
  });
  afterEach(async () => rm(directory, { recursive: true, force: true }));

  const inDirectory = (...parts: readonly string[]): string => path.join(directory, ...parts);
  const queueUrl = (name: string, file: string): string => `sqlite://${inDirectory(file)}?queue=${name}`;
  const outputs = (): readonly string[] =>
    ["once", "twice"].map((name) => inDirectory(`bucket/set/0_output/1.${name}`));

  async function prepare(): Promise<void> {
    await using bucket = await openBucket(`file://${inDirectory("bucket")}`);
    await bucket.put("set/in.dat", "an input\n");
    await using tasks = await openQueue(queueUrl("tasks", "queue.db"));
    const payload = { fails: false };
    const draft = { id: 1, name: "COPY_TWICE", baseDirectory: "set", inputs: ["in.dat"], payload };
    await tasks.send([{ body: taskText(draft) }]);
  }

  async function trace(words: readonly string[]): Promise<readonly SystemCall[]> {
    const env = { PATH: process.env["PATH"], HOME: directory };
    const traced = await traceCalls([process.execPath, ...words], inDirectory("trace"), {
      cwd: directory,
      env,
    });
    expect(traced.code, traced.errors).toBe(0);
    return traced.calls;
  }

  /** The built command, with the reports in `reports`. */
  async function traceCommand(reports: string): Promise<readonly SystemCall[]> {
    await prepare();
    await mkdir(inDirectory("tasks"));
    const taskFile = fileURLToPath(new URL("./programs/copy-twice.task.ts", import.meta.url));
    await copyFile(taskFile, inDirectory("tasks/copy-twice.task.ts"));
    await writeFile(inDirectory("simpletasks.json"), "{}");
    // No renewal comes in between: what is written to the queue's file is a lease or an end.
    const words = ["daemon", "--until-drained", "--workers", "1", "--lease", "3600"];
    const queues = [
      "--task-queue",
      queueUrl("tasks", "queue.db"),
      "--error-queue",
      queueUrl("errors", reports),
    ];
    const places = ["--done-queue", queueUrl("done", reports), "--bucket", `file://${inDirectory("bucket")}`];
    return trace([programFile, ...words, ...queues, ...places, "--cache", inDirectory("cache")]);
  }

  /** A daemon of the test's own, reports in another file, of which one kind deletes before it reports. */
  async function traceTestDaemon(deletesFirst: boolean): Promise<readonly SystemCall[]> {
    await prepare();
    const order: KilledDaemonOrder = {
      directory,
      taskQueue: queueUrl("tasks", "queue.db"),
      errorQueue: queueUrl("errors", "reports.db"),
      doneQueue: queueUrl("done", "reports.db"),
      point: "none",
      countdown: 0,
      turnsLater: 0,
      leaseSeconds: 3600,
      deletesFirst,
    };
    const file = fileURLToPath(new URL("./programs/killed-daemon.ts", import.meta.url));
    return trace([file, JSON.stringify(order)]);
  }

  test("outputs are on disk before the report is written, the report before the message is deleted", async () => {
    const calls = await traceCommand("reports.db");
    const durable = outputs().map((output) => madeDurable(calls, output));
    const report = commitOf(calls, inDirectory("reports.db"), reportIn(calls, inDirectory("reports.db")));
    const deletion = commitOf(
      calls,
      inDirectory("queue.db"),
      endIn(calls, inDirectory("queue.db"), outputs()),
    );
    for (const place of durable) expect(place).toBeLessThan(report.began);
    expect(report.ended).toBeLessThan(deletion.began);
    expect(deletion.ended).toBeLessThan(saidSucceeded(calls));
  });

  test("in one file, report and deletion are one commit, after the outputs are on disk", async () => {
    const calls = await traceCommand("queue.db");
    const durable = outputs().map((output) => madeDurable(calls, output));
    const file = inDirectory("queue.db");
    const report = commitOf(calls, file, reportIn(calls, file));
    const end = commitOf(calls, file, endIn(calls, file, outputs()));
    for (const place of durable) expect(place).toBeLessThan(end.began);
    expect(report.ended).toBe(end.ended);
    const said = saidSucceeded(calls);
    expect(end.ended).toBeLessThan(said);
    const later = calls.filter(({ began }) => began > end.ended && began < said);
    expect(later.filter((call) => fileOf(call) === `${file}-wal`)).toEqual([]);
  });

  test("this can fail: it sees a daemon that deletes before it reports, and one that does not", async () => {
    for (const deletesFirst of [false, true]) {
      const calls = await traceTestDaemon(deletesFirst);
      const report = commitOf(calls, inDirectory("reports.db"), reportIn(calls, inDirectory("reports.db")));
      const deletion = commitOf(
        calls,
        inDirectory("queue.db"),
        endIn(calls, inDirectory("queue.db"), outputs()),
      );
      expect(deletion.ended < report.began, `deletes first: ${deletesFirst}`).toBe(deletesFirst);
      expect(report.ended < deletion.began, `deletes first: ${deletesFirst}`).toBe(!deletesFirst);
      await rm(directory, { recursive: true });
      await mkdir(directory);
    }
  });
});

const isFsync = ({ name, result }: SystemCall): boolean => /^f(data)?sync$/.test(name) && result === "0";

/** Where the trace gives a file its name: by a link or by renaming. */
function naming(calls: readonly SystemCall[], file: string): SystemCall {
  const found = calls.find(
    (call) => /^(link|rename)/.test(call.name) && call.result === "0" && lastPath(call) === file,
  );
  return present(found, `a name for ${file}`);
}

/**
 * The place in the trace from which an output outlives a power cut: its contents were fsynced, when nothing was written to
 * it any more, before it got its name, and its directory after.
 */
function madeDurable(calls: readonly SystemCall[], file: string): number {
  const named = naming(calls, file);
  const [temporary] = paths(named);
  const touched = calls.filter((call) => fileOf(call) === temporary);
  const synced = present(touched.find(isFsync), `an fsync of ${temporary}`);
  const written = touched.filter((call) => !isFsync(call));
  expect(written.filter(({ ended }) => ended > synced.began)).toEqual([]);
  expect(synced.ended).toBeLessThan(named.began);
  const listed = calls.find(
    (call) => isFsync(call) && fileOf(call) === path.dirname(file) && call.began > named.ended,
  );
  return present(listed, `an fsync of the directory of ${file}`).ended;
}

/** The write that carries the done report. */
function reportIn(calls: readonly SystemCall[], database: string): SystemCall {
  const found = writesTo(calls, database).find((call) => call.arguments.includes('\\"success\\":true'));
  return present(found, `a done report in ${database}`);
}

/** The first write to the task queue's file since the outputs were stored: what ends the message. */
function endIn(calls: readonly SystemCall[], database: string, outputs: readonly string[]): SystemCall {
  const stored = Math.max(...outputs.map((output) => naming(calls, output).ended));
  const found = writesTo(calls, database).find(({ began }) => began > stored);
  return present(found, `an end of the message in ${database}`);
}

/** The transaction that a write belongs to: from that write to the fsync of the write-ahead log that follows. */
function commitOf(
  calls: readonly SystemCall[],
  database: string,
  write: SystemCall,
): { readonly began: number; readonly ended: number } {
  const synced = calls.find(
    (call) => isFsync(call) && fileOf(call) === `${database}-wal` && call.began > write.ended,
  );
  return { began: write.began, ended: present(synced, `a commit in ${database}`).ended };
}

function writesTo(calls: readonly SystemCall[], database: string): readonly SystemCall[] {
  return calls.filter((call) => /write/.test(call.name) && fileOf(call) === `${database}-wal`);
}

/** The daemon's own word that the task is over. */
function saidSucceeded(calls: readonly SystemCall[]): number {
  const found = calls.find((call) => call.name === "write" && /^2<.*task succeeded/.test(call.arguments));
  return present(found, "a line that says so").began;
}

function paths(call: SystemCall): readonly string[] {
  return [...call.arguments.matchAll(/"([^"]*)"/g)].map(([, path]) => path ?? "");
}

function lastPath(call: SystemCall): string | undefined {
  return paths(call).at(-1);
}

function present<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new Error(`The trace shows no sign of ${what}`);
  return value;
}
