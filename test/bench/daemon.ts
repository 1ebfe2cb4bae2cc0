import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { schedule } from "../../shared/batch/schedule.ts";
import { openBucket } from "../../shared/bucket/open.ts";
import { openCache } from "../../shared/cache/open.ts";
import { createDaemon } from "../../shared/daemon/daemon.ts";
import { openDatasource } from "../../shared/datasource/open.ts";
import { openQueue } from "../../shared/queue/open.ts";
import { nothing } from "./nothing.task.ts";

/**
 * Tasks a second through a daemon, from `run` to the drained queue, the start of its workers included: a task type
 * without inputs or outputs, done queue off, SQLite queue with `synchronous=FULL`.
 */
export async function measureDaemon(given: {
  readonly tasks: number;
  readonly isolation: "process" | "none";
  readonly workers: number;
}): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), "simpletasks-bench-"));
  try {
    await using taskQueue = await openQueue(`sqlite://${directory}/queue.db?queue=tasks`);
    await using errorQueue = await openQueue(`sqlite://${directory}/queue.db?queue=errors`);
    await using bucket = await openBucket(`file://${directory}/bucket`);
    await using cache = await openCache({ directory: join(directory, "cache") });
    await schedule(
      taskQueue,
      Array.from({ length: given.tasks }, (_, id) => ({
        id,
        name: "NOTHING",
        baseDirectory: "bench",
        inputs: [],
        payload: { number: id },
      })),
    );
    const daemon = createDaemon({
      taskQueue,
      errorQueue,
      bucket,
      datasource: openDatasource({ bucket, cache }),
      workers: given.workers,
      untilDrained: true,
    });
    if (given.isolation === "none") daemon.register(nothing);
    else daemon.register(new URL("./nothing.task.ts", import.meta.url));
    const { succeeded, seconds } = await daemon.run();
    if (succeeded !== given.tasks) throw new Error(`${succeeded} of ${given.tasks} tasks succeeded`);
    return succeeded / seconds;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
