import { open } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Logger } from "../../../shared/logger.ts";
import { createDaemon } from "../product.ts";
import type { Room } from "../room.ts";
import type { Reading, Scenario } from "../scenario.ts";
import { percentile } from "../statistics.ts";
import { atWorkplace, type Workplace } from "../workplace.ts";

const pauseMilliseconds = 20;
const sender = fileURLToPath(new URL("../programs/sender.ts", import.meta.url));

export function createLatencyScenario(scale: number): Scenario {
  const tasks = Math.round(300 * scale);
  return {
    name: "latency",
    settings:
      `From the call of \`send\` in one process to the task's first line in a worker of an idle daemon in another: ${tasks} ` +
      `tasks, one every ${pauseMilliseconds} ms. Beside it what is on the way: the durable send, and a bare fdatasync of 4 KB in the same directory.`,
    measure: (room) =>
      room.inFreshDirectory((directory) =>
        atWorkplace(directory, async (workplace) => {
          const { sends, starts } = await sendToDaemon(room, directory, workplace, tasks);
          const syncs = await timeSyncs(path.join(directory, "synced"), tasks);
          return [
            { ...reading("send to start, p50", starts, 0.5), target: { below: 5 } },
            reading("send to start, p99", starts, 0.99),
            reading("of it the send, p50", sends, 0.5),
            reading("of it the send, p99", sends, 0.99),
            reading("fdatasync, p50", syncs, 0.5),
            reading("fdatasync, p99", syncs, 0.99),
          ];
        }),
      ),
  };
}

function reading(name: string, values: readonly number[], share: number): Reading {
  return { name, value: percentile(values, share), unit: "ms" };
}

/** Milliseconds of every send, and from every send to its task's start. */
async function sendToDaemon(
  room: Room,
  directory: string,
  workplace: Workplace,
  tasks: number,
): Promise<{ readonly sends: readonly number[]; readonly starts: readonly number[] }> {
  const starts: number[] = [];
  const all = Promise.withResolvers<void>();
  const log: Logger = {
    log(level, message, fields) {
      if (level === "error") all.reject(new Error(`${message} ${JSON.stringify(fields)}`));
      if (fields?.["stream"] !== "log") return;
      if (starts.push(Number(message) / 1e6) === tasks) all.resolve();
    },
  };
  const stop = new AbortController();
  const daemon = createDaemon({ ...workplace, workers: 2, log });
  daemon.register(new URL("../programs/told.task.ts", import.meta.url));
  const running = daemon.run({ signal: stop.signal });
  try {
    const words = [sender, directory, String(tasks), String(pauseMilliseconds)];
    const sends: number[] = JSON.parse(await room.run(process.execPath, words));
    await Promise.race([all.promise, running]);
    return { sends, starts };
  } finally {
    stop.abort();
    await running;
  }
}

/** Milliseconds of every write of 4 KB with its way to the disk. */
async function timeSyncs(file: string, count: number): Promise<readonly number[]> {
  await using handle = await open(file, "w");
  const page = Buffer.alloc(4096, "x");
  const durations: number[] = [];
  for (let turn = 0; turn < count; turn += 1) {
    const start = performance.now();
    await handle.write(page);
    await handle.datasync();
    durations.push(performance.now() - start);
  }
  return durations;
}
