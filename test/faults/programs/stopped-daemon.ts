// A daemon that tells its parent when each put begins, and when it is to be stopped. Started by leases.test.ts with a directory.
import { join } from "node:path";
import { openBucket } from "../../../shared/bucket/open.ts";
import type { Bucket } from "../../../shared/bucket/bucket.ts";
import { openCache } from "../../../shared/cache/open.ts";
import { createDaemon } from "../../../shared/daemon/daemon.ts";
import { openDatasource } from "../../../shared/datasource/open.ts";
import { openQueue } from "../../../shared/queue/open.ts";
import { defineTask } from "../../../shared/task/define.ts";

const directory = process.argv[2] ?? "";
const stopAt = process.argv[3];
const say = (text: string): void => void process.send?.(text);
/** Tells the test, which then stops this process; goes on when it says so. */
const told = (): Promise<unknown> => new Promise((resolve) => process.once("message", resolve));

await using taskQueue = await openQueue(`sqlite://${join(directory, "queue.db")}?queue=tasks`);
await using errorQueue = await openQueue(`sqlite://${join(directory, "queue.db")}?queue=errors`);
await using doneQueue = await openQueue(`sqlite://${join(directory, "queue.db")}?queue=done`);
await using plain = await openBucket(`file://${join(directory, "bucket")}`);
let puts = 0;
const bucket: Bucket = {
  url: plain.url,
  local: plain.local,
  head: (key, options) => plain.head(key, options),
  get: (key, options) => plain.get(key, options),
  delete: (key, options) => plain.delete(key, options),
  list: (options) => plain.list(options),
  async put(key, source, options) {
    puts += 1;
    say(`put ${key}`);
    if (stopAt === "upload" && puts === 1) {
      say("stop me");
      // In mid-upload for as long as nobody aborts it.
      await new Promise((resolve) => options?.signal?.addEventListener("abort", resolve));
      throw options?.signal?.reason;
    }
    return plain.put(key, source, options);
  },
  [Symbol.asyncDispose]: () => plain[Symbol.asyncDispose](),
};
await using cache = await openCache({ directory: join(directory, "cache") });
const daemon = createDaemon({
  taskQueue,
  errorQueue,
  doneQueue,
  bucket,
  datasource: openDatasource({ bucket, cache }),
  workers: 1,
  leaseSeconds: 2,
  pollFrequencySeconds: 0.2,
  untilDrained: true,
});
daemon.register(
  defineTask({
    name: "TEST",
    async execute() {
      if (stopAt === "execute") {
        say("stop me");
        await told();
      }
      return { success: true, outputs: { "a.txt": "a", "b.txt": "b" } };
    },
  }),
);
const { succeeded, leasesLost } = await daemon.run();
say(`ended ${JSON.stringify({ succeeded, leasesLost })}`);
process.disconnect();
