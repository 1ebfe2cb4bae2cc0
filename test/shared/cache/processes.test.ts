import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { openFileBucket } from "../../../shared/bucket/file.ts";
import type { Command, Report } from "./cache-process.ts";
import { filesIn, observed, privateFiles, read, temporaryDirectory, testCache } from "./fixtures.ts";

interface Process {
  readonly child: ChildProcess;
  /** All it has said. */
  readonly reports: Report[];
  tell(command: Command): void;
  /** Resolves once it has said that so often. */
  saw(what: Report["saw"], times?: number): Promise<Report>;
  kill(): Promise<void>;
}

function start(cache: string, bucket: string, limit = 1e9, user?: number): Process {
  const program = fileURLToPath(new URL("./cache-process.ts", import.meta.url));
  const words = [cache, bucket, String(limit), ...(user === undefined ? [] : [String(user)])];
  const child = fork(program, words, { execArgv: [] });
  const reports: Report[] = [];
  child.on("message", (report: Report) => reports.push(report));
  onTestFinished(() => void child.kill("SIGKILL"));
  return {
    child,
    reports,
    tell: (command) => void child.send(command),
    async saw(what, times = 1) {
      for (;;) {
        const report = reports.filter(({ saw }) => saw === what)[times - 1];
        if (report !== undefined) return report;
        const failed = reports.find(({ saw }) => saw === "failed");
        if (failed !== undefined) throw new Error(JSON.stringify(failed));
        await once(child, "message");
      }
    },
    async kill() {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}

async function places(objects: Readonly<Record<string, string>>) {
  const root = temporaryDirectory();
  const [cache, directory] = [path.join(root, "cache"), path.join(root, "bucket")];
  const bucket = await openFileBucket({ directory });
  for (const [key, value] of Object.entries(objects)) await bucket.put(key, value);
  return { cache, directory, bucket: observed(bucket) };
}

const value = "0123456789".repeat(100_000);
const fetchIt: Command = { do: "fetch", key: "set/k", freshness: "match" };

test("eight processes ask for one key: the bucket sees one get, and when its holder dies one other takes over", async () => {
  const { cache, directory } = await places({ "set/k": value });
  const processes = Array.from({ length: 8 }, () => start(cache, directory));
  await Promise.all(processes.map((one) => one.saw("ready")));
  for (const one of processes) one.tell(fetchIt);
  await Promise.all(processes.map((one) => one.saw("head")));

  const holder = await Promise.race(processes.map(async (one) => (await one.saw("half"), one)));
  await holder.kill();
  const others = processes.filter((one) => one !== holder);
  const heir = await Promise.race(others.map(async (one) => (await one.saw("half"), one)));
  heir.tell({ do: "open" });

  const fetched = await Promise.all(others.map((one) => one.saw("fetched")));
  for (const report of fetched) expect(report).toMatchObject({ text: value });
  const downloads = processes.map((one) => one.reports.filter(({ saw }) => saw === "half").length);
  expect(downloads.toSorted()).toEqual([0, 0, 0, 0, 0, 0, 1, 1]);
  expect(filesIn(cache)).toEqual(["set/k"]);
});

test("a process killed in mid-download leaves no bad byte, and what it left is removed", async () => {
  const { cache, directory, bucket } = await places({ "set/k": value });
  for (let round = 0; round < 2; round++) {
    const one = start(cache, directory);
    await one.saw("ready");
    one.tell(fetchIt);
    await one.saw("half");
    expect(privateFiles(cache)).toHaveLength(1);
    await one.kill();
  }
  expect(filesIn(cache)).toEqual([]);
  const mine = await testCache({ directory: cache });
  expect(privateFiles(cache)).toEqual([]);
  expect(readdirSync(path.join(cache, ".simpletasks/owners"))).toHaveLength(1);
  await expect(mine.fetch(bucket, "set/k", { freshness: "only" })).rejects.toMatchObject({
    code: "object_missing",
  });
  expect(await read(mine, bucket, "set/k")).toBe(value);
});

test("the pins of a process that died lapse; those of one that lives hold", async () => {
  const { cache, directory, bucket } = await places({ a: "aaaa", b: "bbbb" });
  const mine = await testCache({ directory: cache, limitBytes: 4 });
  const one = start(cache, directory, 4);
  await one.saw("ready");
  one.tell({ do: "open" });
  one.tell({ do: "fetch", key: "a", freshness: "match" });
  await one.saw("fetched");

  expect(mine.hasRoomFor(1)).toBe(false);
  expect(await mine.clear()).toEqual({ removed: 0, bytes: 0 });
  expect(await read(mine, bucket, "b")).toBe("bbbb");
  expect(filesIn(cache)).toEqual(["a", "b"]);

  await one.kill();
  expect(mine.hasRoomFor(4)).toBe(true);
  expect(await mine.status()).toMatchObject({ pinnedEntries: 0, entries: 2 });
  await mine.clear();
  expect(filesIn(cache)).toEqual([]);
});

test("a reservation of a process that died makes no room scarce", async () => {
  const { cache, directory } = await places({ a: "aaaa" });
  const mine = await testCache({ directory: cache, limitBytes: 4 });
  const one = start(cache, directory, 4);
  await one.saw("ready");
  one.tell({ do: "fetch", key: "a", freshness: "match" });
  await one.saw("half");
  expect(mine.hasRoomFor(1)).toBe(false);
  await one.kill();
  expect(mine.hasRoomFor(4)).toBe(true);
});

// A task may run programs that write as another user: containers do.
test.skipIf(process.getuid?.() !== 0)(
  "files of another user that a dead process left keep nobody from the cache",
  async () => {
    const nobody = 65_534;
    const { cache, directory } = await places({ a: "aaaa" });
    chownSync(path.dirname(cache), nobody, 0);
    const one = start(cache, directory, 1e9, nobody);
    await one.saw("ready");
    const [owner = ""] = readdirSync(path.join(cache, ".simpletasks/work"));
    const theirs = path.join(cache, ".simpletasks/work", owner, "scratch-1");
    mkdirSync(theirs);
    writeFileSync(path.join(theirs, "large"), "");
    await one.kill();
    const two = start(cache, directory, 1e9, nobody);
    await two.saw("ready");
    expect(readdirSync(theirs)).toEqual(["large"]);
    await two.kill();
    await testCache({ directory: cache, shared: true });
    expect(readdirSync(path.join(cache, ".simpletasks/work"))).toHaveLength(1);
  },
);
