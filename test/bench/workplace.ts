import path from "node:path";
import type { Bucket } from "../../shared/bucket/bucket.ts";
import type { OpenDatasource } from "../../shared/datasource/open.ts";
import type { Queue } from "../../shared/queue/queue.ts";
import { openBucket, openCache, openDatasource, openQueue } from "./product.ts";

/** What a daemon works on, in one directory: three queues in one SQLite file, a file bucket, a cache. */
export interface Workplace {
  readonly taskQueue: Queue;
  readonly errorQueue: Queue;
  readonly doneQueue: Queue;
  readonly bucket: Bucket;
  readonly datasource: OpenDatasource;
}

/** Calls `work` with the workplace of a directory, made there when it is absent, and closes it afterwards. */
export async function atWorkplace<Result>(
  directory: string,
  work: (workplace: Workplace) => Promise<Result>,
): Promise<Result> {
  const options = { baseDirectory: directory };
  await using taskQueue = await openQueue(queueUrl("tasks"), options);
  await using errorQueue = await openQueue(queueUrl("errors"), options);
  await using doneQueue = await openQueue(queueUrl("done"), options);
  await using bucket = await openBucket("file:bucket", options);
  await using cache = await openCache({ directory: path.join(directory, "cache") });
  await using datasource = openDatasource({ bucket, cache });
  return await work({ taskQueue, errorQueue, doneQueue, bucket, datasource });
}

/** Relative to the workplace's directory. */
export function queueUrl(name: "tasks" | "errors" | "done"): string {
  return `sqlite:queue.db?queue=${name}`;
}
