import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { prepareTasks, type Work } from "../daemon-run.ts";
import type { Room } from "../room.ts";
import type { Reading, Scenario } from "../scenario.ts";
import { atWorkplace } from "../workplace.ts";

const program = fileURLToPath(new URL("../programs/one-daemon.ts", import.meta.url));

/** What costs at a file system: ways to the disk, new files, new names of files, removals. */
const kinds = {
  fsyncs: ["fsync", "fdatasync"],
  "files created": ["openat", "creat", "mkdir", "mkdirat"],
  "files named": ["rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat"],
  "files removed": ["unlink", "unlinkat", "rmdir"],
} as const;

const sqliteFile = /\.db(?:-wal|-shm)?$/;

type Kind = keyof typeof kinds;
type Counts = Readonly<Record<Kind, number>>;

export function createCallsScenario(scale: number): Scenario {
  const cases = [
    { name: "no inputs", work: "nothing", many: 1000 * scale },
    { name: "NO_OP", work: "no-op", many: 200 * scale },
  ] as const;
  return {
    name: "calls",
    settings:
      "System calls of a daemon with one worker for each task, by strace: of a task that comes alone, and of one of many " +
      "that wait. What the daemon does without tasks is taken off. The task without inputs has no done queue; NO_OP has " +
      "one, and an input of 1 KB.",
    missing: () =>
      spawnSync("strace", ["--version"]).error === undefined
        ? undefined
        : "strace is not installed, apt-get install strace",
    async measure(room) {
      const idle = await count(room, "nothing", 0);
      const readings: Reading[] = [];
      for (const { work, name, many } of cases) {
        for (const tasks of [1, many]) {
          const counts = await count(room, work, tasks);
          const which = tasks === 1 ? "alone" : `one of ${tasks.toLocaleString("en")}`;
          for (const kind of Object.keys(kinds) as Kind[]) {
            const value = (counts[kind] - idle[kind]) / tasks;
            readings.push({ name: `${name}, ${which}: ${kind}`, value, unit: "a task" });
          }
        }
      }
      return readings;
    },
  };
}

function count(room: Room, work: Work, tasks: number): Promise<Counts> {
  return room.inFreshDirectory(async (directory) => {
    await atWorkplace(directory, (workplace) => prepareTasks(work, tasks, workplace));
    const file = path.join(directory, "trace");
    const traced = Object.values(kinds)
      .flat()
      .map((call) => `?${call}`);
    const words = ["-f", "-qq", "-e", `trace=${traced.join(",")}`, "-e", "signal=none", "-o", file];
    const daemon = [program, directory, String(tasks), "1", "process", ...(work === "no-op" ? ["done"] : [])];
    await room.run("strace", [...words, process.execPath, ...daemon]);
    return countCalls(await readFile(file, "utf8"));
  });
}

function countCalls(trace: string): Counts {
  const counts: Record<Kind, number> = {
    fsyncs: 0,
    "files created": 0,
    "files named": 0,
    "files removed": 0,
  };
  const opened = new Set<string>();
  for (const line of trace.split("\n")) {
    const [, call = "", rest = ""] = /^\d+ +(\w+)\((.*)$/.exec(line) ?? [];
    if (rest.includes(" = -1 ")) continue;
    if (call === "openat" && !isFirstOpen(rest, opened)) continue;
    for (const kind of Object.keys(kinds) as Kind[]) {
      if ((kinds[kind] as readonly string[]).includes(call)) counts[kind] += 1;
    }
  }
  return counts;
}

/** Whether an open may have created its file. SQLite opens its files so, too, but they are there; others may be opened again. */
function isFirstOpen(words: string, opened: Set<string>): boolean {
  const path = /"(.*)"/.exec(words)?.[1];
  if (path === undefined || !words.includes("O_CREAT") || sqliteFile.test(path) || opened.has(path))
    return false;
  opened.add(path);
  return true;
}
