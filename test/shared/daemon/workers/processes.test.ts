import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, closeSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { LogFields, LogLevel } from "../../../../shared/logger.ts";
import { createWorkerPool } from "../../../../shared/daemon/workers/pool.ts";
import { workerEnvironment } from "../../../../shared/daemon/workers/environment.ts";
import {
  act,
  failureOf,
  openPool,
  orderOf,
  processGone,
  recorder,
  temporaryDirectory,
  told,
} from "../attempts.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

const secrets = {
  AWS_SECRET_ACCESS_KEY: "s",
  GOOGLE_APPLICATION_CREDENTIALS: "s",
  GITHUB_TOKEN: "s",
  NODE_OPTIONS: "--no-warnings",
  NODE_AUTH_TOKEN: "s",
};
const harmless = {
  PATH: process.env["PATH"] ?? "",
  HOME: "/home/me",
  LANG: "C.UTF-8",
  LC_ALL: "C.UTF-8",
  TZ: "UTC",
  TMPDIR: "/tmp",
};

describe("a worker's environment", () => {
  test("holds the usual few and nothing else of the daemon's", async () => {
    await using pool = await openPool({ environment: { ...secrets, ...harmless, MY_LICENSE: "1" } });
    expect(JSON.parse(await told(act(pool, "environment")))).toEqual(harmless);
  });

  test("holds what a task type lists as well", async () => {
    await using pool = createWorkerPool({
      taskFiles: [fixture("listing.task.ts")],
      workers: 1,
      environment: { ...secrets, ...harmless, MY_LICENSE: "1" },
    });
    await pool.start();
    const seen = JSON.parse(await told(pool.run(orderOf("LISTING", null), recorder())));
    expect(seen).toEqual({ ...harmless, MY_LICENSE: "1" });
  });

  test("compares names without regard to case on Windows, and there alone", () => {
    const source = { Path: "p", SystemRoot: "r", Temp: "t", Aws_Secret_Access_Key: "s", my_license: "1" };
    expect(workerEnvironment(source, ["MY_LICENSE"], "win32")).toEqual({
      Path: "p",
      SystemRoot: "r",
      Temp: "t",
      my_license: "1",
    });
    expect(workerEnvironment(source, ["MY_LICENSE"], "linux")).toEqual({});
  });
});

test.skipIf(process.platform !== "linux")("a worker holds none of the daemon's files", async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, "queue.db");
  writeFileSync(file, "");
  const descriptor = openSync(file, "r+");
  try {
    await using pool = await openPool();
    expect(JSON.parse(await told(act(pool, "descriptors")))).not.toContain(file);
  } finally {
    closeSync(descriptor);
  }
});

test("a worker prints nothing of its own", async () => {
  const lines: string[] = [];
  await using pool = await openPool({ log: { log: (_level, message) => void lines.push(message) } });
  await act(pool, "nothing");
  expect(lines).toEqual([]);
});

test.skipIf(process.platform === "win32")("a worker leaves it to the daemon to end on a signal", async () => {
  await using pool = await openPool();
  expect((await act(pool, "signalItself")).kind).toBe("succeeded");
});

describe("when the daemon is killed", () => {
  test.skipIf(process.platform === "win32")(
    "its workers end, one that computes without a pause too",
    async () => {
      const daemon = spawn(process.execPath, [fixture("hold-workers.ts")], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const [data] = await once(daemon.stdout.setEncoding("utf8"), "data");
      const pids: number[] = JSON.parse(data).map(Number);
      expect(pids.length).toBe(2);
      daemon.kill("SIGKILL");
      await Promise.all(pids.map(processGone));
    },
  );
});

test.skipIf(process.platform === "win32")(
  "a worker that cannot be started for want of descriptors is tried again",
  async () => {
    const daemon = spawn(
      "sh",
      ["-c", `ulimit -n 100; exec "$0" "$1"`, process.execPath, fixture("few-descriptors.ts")],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    const said = await text(daemon.stdout);
    expect(JSON.parse(said)).toEqual({
      kinds: ["failed", "succeeded"],
      errors: [expect.stringMatching(/could not be started: .*EMFILE/)],
    });
  },
);

describe("task files that cannot be loaded", () => {
  test.each([
    ["none.task.ts", /does not exist/],
    [
      "die-loading.task.ts",
      /exit code 9 while it loaded .*die-loading.task.ts; it printed: no licence server/,
    ],
  ])("%s: the pool does not start, and says why", async (file, message) => {
    await using pool = createWorkerPool({ taskFiles: [fixture(file)], workers: 2 });
    await expect(pool.start()).rejects.toMatchObject({
      code: "task_type_invalid",
      message: expect.stringMatching(message),
    });
  });

  test("the pool does not wait for ever for one that does not end", async () => {
    await using pool = createWorkerPool({
      taskFiles: [fixture("never-loads.task.ts")],
      workers: 1,
      loadSeconds: 0.5,
    });
    await expect(pool.start()).rejects.toMatchObject({
      code: "task_type_invalid",
      message: expect.stringContaining("0.5 s"),
    });
  });

  test("workers that die at their start are tried again after longer and longer pauses, until the file is mended", async () => {
    await using directory = await temporaryDirectory();
    const waits: unknown[] = [];
    const log = {
      log(level: LogLevel, message: string, fields?: LogFields) {
        if (level !== "error" || message !== "a worker could not be started") return;
        waits.push(fields?.["wait_ms"]);
        if (waits.length === 2) writeFileSync(join(directory.path, "mended"), "");
      },
    };
    await using pool = createWorkerPool({
      taskFiles: [fixture("loads-once.task.ts")],
      workers: 1,
      environment: { ...harmless, HOME: directory.path },
      log,
    });
    await pool.start();
    // The first worker ends with its attempt; those that are to replace it cannot load the file.
    await pool.run(orderOf("ONCE", null), recorder());
    expect(failureOf(await pool.run(orderOf("ONCE", null), recorder())).error.message).toBe(
      "The task called process.exit(1)",
    );
    expect(waits).toEqual([100, 200]);
  });
});
