import { createDaemon, openDatasource, schedule } from "../product.ts";
import type { Room } from "../room.ts";
import type { Reading, Scenario } from "../scenario.ts";
import { createSlowBucket } from "../slow-bucket.ts";
import { atWorkplace, type Workplace } from "../workplace.ts";

const requestMilliseconds = 50;
const taskMilliseconds = 50;
const inputBytes = 64 * 1024;

export function createPrefetchScenario(scale: number): Scenario {
  const tasksPerWorker = Math.max(10, Math.round(40 * scale));
  return {
    name: "prefetch",
    settings:
      `Tasks with an input of 64 KB and a small output that wait ${taskMilliseconds} ms, over a bucket that waits ` +
      `${requestMilliseconds} ms per request, ${tasksPerWorker} for each worker, nothing in the cache; with the inputs of the next ` +
      "tasks fetched ahead as by default, and with none.",
    async measure(room) {
      const readings: Reading[] = [];
      for (const workers of [1, 2, 4]) {
        const tasks = workers * tasksPerWorker;
        const ahead = await run(room, workers, tasks, undefined);
        const none = await run(room, workers, tasks, { tasks: 0 });
        const who = workers === 1 ? "one worker" : `${workers} workers`;
        readings.push(
          { name: `${who}, prefetch`, value: ahead.rate, unit: "tasks/s" },
          { name: `${who}, no prefetch`, value: none.rate, unit: "tasks/s" },
          {
            name: `${who}: prefetch ÷ none`,
            value: ahead.rate / none.rate,
            unit: "×",
            target: { atLeast: 2 },
          },
        );
        if (workers === 1) readings.push({ name: "requests", value: ahead.requests, unit: "a task" });
      }
      return readings;
    },
  };
}

interface Run {
  /** Tasks per second, from the first request to the last task's end. */
  readonly rate: number;
  /** Requests of the bucket for each task. */
  readonly requests: number;
}

function run(
  room: Room,
  workers: number,
  tasks: number,
  prefetch: { readonly tasks: number } | undefined,
): Promise<Run> {
  return room.inFreshDirectory((directory) =>
    atWorkplace(directory, async (workplace) => {
      await prepare(workplace, tasks);
      const bucket = createSlowBucket(workplace.bucket, requestMilliseconds);
      await using datasource = openDatasource({ bucket, cache: workplace.datasource.cache });
      let first: number | undefined;
      let last = 0;
      const daemon = createDaemon({
        ...workplace,
        bucket,
        datasource,
        workers,
        ...(prefetch !== undefined && { prefetch }),
        untilDrained: true,
        onPhase() {
          first ??= performance.now();
        },
        log: {
          log(_level, message) {
            if (message === "task succeeded") last = performance.now();
          },
        },
      });
      daemon.register(new URL("../programs/wait.task.ts", import.meta.url));
      const { succeeded } = await daemon.run();
      if (succeeded !== tasks || first === undefined)
        throw new Error(`${succeeded} of ${tasks} tasks succeeded`);
      return { rate: (tasks / (last - first)) * 1000, requests: bucket.requests / tasks };
    }),
  );
}

async function prepare({ bucket, taskQueue }: Workplace, tasks: number): Promise<void> {
  const ids = Array.from({ length: tasks }, (_, id) => id);
  for (const id of ids) await bucket.put(`bench/in/${id}.dat`, new Uint8Array(inputBytes).fill(id));
  await schedule(
    taskQueue,
    ids.map((id) => ({
      name: "WAIT",
      baseDirectory: "bench",
      inputs: [`in/${id}.dat`],
      payload: taskMilliseconds,
    })),
  );
}
