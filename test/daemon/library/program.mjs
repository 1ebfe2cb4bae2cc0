// A run file, as a user of the package writes it. Copied into a folder in which `simpletasks` is installed.
import { createDaemon, openBucket, openCache, openDatasource, openQueue, schedule } from "simpletasks";

const taskQueue = await openQueue("sqlite:queue.db?queue=tasks");
const errorQueue = await openQueue("sqlite:queue.db?queue=errors");
const doneQueue = await openQueue("sqlite:queue.db?queue=done");
const bucket = await openBucket("file:bucket");
const cache = await openCache({ directory: "cache" });
const datasource = openDatasource({ bucket, cache });

await bucket.put("books/moby.txt", "call me ishmael");
let progress = 0;
await schedule(
  taskQueue,
  [{ name: "SHOUT", baseDirectory: "books", inputs: ["moby.txt"], payload: { mark: "!" } }],
  {
    onProgress: ({ scheduled }) => {
      progress = scheduled;
    },
  },
);
const daemon = createDaemon({
  taskQueue,
  errorQueue,
  doneQueue,
  bucket,
  datasource,
  pollFrequencySeconds: 1,
  workers: 1,
  untilDrained: true,
});
daemon.register(new URL("./shout.task.ts", import.meta.url));
const { succeeded, failed } = await daemon.run();
const done = await doneQueue.stats();
console.log(JSON.stringify({ progress, succeeded, failed, done: done.visible }));
for (const resource of [datasource, cache, bucket, doneQueue, errorQueue, taskQueue])
  await resource[Symbol.asyncDispose]();
