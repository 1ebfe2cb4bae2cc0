import { join } from "node:path";
import { schedule } from "../../shared/batch/schedule.ts";
import { openBucket } from "../../shared/bucket/open.ts";
import { openCache } from "../../shared/cache/open.ts";
import { createDaemon } from "../../shared/daemon/daemon.ts";
import { openDatasource } from "../../shared/datasource/open.ts";
import { openQueue } from "../../shared/queue/open.ts";
import { inFreshDirectory, type Measure } from "./measure.ts";

/**
 * A whole daemon, from `run` to the drained queue, the start of its workers included: a task type without inputs or
 * outputs, done queue off, SQLite queue.
 */
export const daemonMeasures: readonly Measure[] = [
  measure("daemon: two workers", "process", 100_000),
  measure("daemon: isolation none", "none", 200_000),
];

function measure(name: string, isolation: "process" | "none", tasks: number): Measure {
  return {
    name,
    unit: "tasks/s",
    run: (scale) => inFreshDirectory((directory) => tasksPerSecond(directory, isolation, tasks * scale)),
  };
}

async function tasksPerSecond(
  directory: string,
  isolation: "process" | "none",
  tasks: number,
): Promise<number> {
  await using taskQueue = await openQueue("sqlite:queue.db?queue=tasks", { baseDirectory: directory });
  await using errorQueue = await openQueue("sqlite:queue.db?queue=errors", { baseDirectory: directory });
  await using bucket = await openBucket("file:bucket", { baseDirectory: directory });
  await using cache = await openCache({ directory: join(directory, "cache") });
  await schedule(
    taskQueue,
    Array.from({ length: tasks }, (_, id) => ({
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
    workers: 2,
    isolation,
    untilDrained: true,
  });
  daemon.register(new URL("./nothing.task.ts", import.meta.url));
  const { succeeded, seconds } = await daemon.run();
  if (succeeded !== tasks) throw new Error(`${succeeded} of ${tasks} tasks succeeded`);
  return succeeded / seconds;
}
