import { createDaemon, openBucket, openCache, openDatasource, openQueue, schedule } from "simpletasks";

// Where everything lies; another machine's daemon would name the same queues and bucket.
const taskQueue = await openQueue("sqlite:.simpletasks/queue.db?queue=tasks");
const errorQueue = await openQueue("sqlite:.simpletasks/queue.db?queue=tasks-errors");
const doneQueue = await openQueue("sqlite:.simpletasks/queue.db?queue=tasks-done");
const bucket = await openBucket("file:.simpletasks/bucket");
const cache = await openCache({ directory: ".simpletasks/cache" });
const datasource = openDatasource({ bucket, cache });

const tasks = [0, 1, 2].map((i) => ({
  name: "COPY",
  baseDirectory: "datasets/noop_dataset",
  inputs: [`0_input/${i}.dat`, `0_input/${i + 1}.dat`],
  payload: `Copy of ${i}:${i + 1}`,
}));
const { scheduled } = await schedule(taskQueue, tasks);
console.log(`scheduled ${scheduled} tasks`);

// Without untilDrained it runs until daemon.stop(), or the signal that daemon.run({ signal }) is given.
const daemon = createDaemon({ taskQueue, errorQueue, doneQueue, bucket, datasource, untilDrained: true });
daemon.register(new URL("./copy.task.ts", import.meta.url));
const { succeeded, failed } = await daemon.run();
console.log(`${succeeded} done, ${failed} failed`);

for (const one of [datasource, cache, bucket, doneQueue, errorQueue, taskQueue])
  await one[Symbol.asyncDispose]();
