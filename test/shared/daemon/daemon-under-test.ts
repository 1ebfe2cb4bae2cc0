import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bucket } from "../../../shared/bucket/bucket.ts";
import { createMemoryBucket } from "../../../shared/bucket/memory.ts";
import type { Cache } from "../../../shared/cache/cache.ts";
import { openCache } from "../../../shared/cache/open.ts";
import { createDaemon, type Daemon } from "../../../shared/daemon/daemon.ts";
import type { DaemonOptions } from "../../../shared/daemon/options.ts";
import { openDatasource, type OpenDatasource } from "../../../shared/datasource/open.ts";
import type { Logger } from "../../../shared/logger.ts";
import { createMemoryQueue } from "../../../shared/queue/memory.ts";
import type { Queue } from "../../../shared/queue/queue.ts";
import { readReport, type Report } from "../../../shared/task/read-report.ts";
import { taskText, type TaskDraft } from "../../../shared/task/document.ts";

/** Everything that a daemon stands on, in memory but for the cache. */
export interface Ground extends AsyncDisposable {
  readonly tasks: Queue;
  readonly errors: Queue;
  readonly done: Queue;
  readonly bucket: Bucket;
  readonly cache: Cache;
  readonly datasource: OpenDatasource;
  /** Messages of the daemons' logs, as `level message`. */
  readonly logged: string[];
  /** A daemon over all of it, draining the queue unless told otherwise. */
  daemon(options?: Partial<DaemonOptions>): Daemon;
  send(...drafts: readonly (Partial<TaskDraft> | string)[]): Promise<void>;
  errorReports(): Promise<readonly Report[]>;
  doneReports(): Promise<readonly Report[]>;
}

export async function ground(
  given: { readonly bucket?: Bucket; readonly limitBytes?: number } = {},
): Promise<Ground> {
  const directory = await mkdtemp(join(tmpdir(), "simpletasks-daemon-"));
  const tasks = createMemoryQueue({ name: "tasks" });
  const errors = createMemoryQueue({ name: "errors" });
  const done = createMemoryQueue({ name: "done" });
  const bucket = given.bucket ?? createMemoryBucket();
  const cache = await openCache({
    directory: join(directory, "cache"),
    ...(given.limitBytes !== undefined && { limitBytes: given.limitBytes }),
  });
  const datasource = openDatasource({ bucket, cache });
  const logged: string[] = [];
  const log: Logger = { log: (level, message) => void logged.push(`${level} ${message}`) };
  return {
    tasks,
    errors,
    done,
    bucket,
    cache,
    datasource,
    logged,
    daemon: (options) =>
      createDaemon({
        taskQueue: tasks,
        errorQueue: errors,
        doneQueue: done,
        bucket,
        datasource,
        workers: 1,
        untilDrained: true,
        pollFrequencySeconds: 0.05,
        retryDelaySeconds: 0,
        log,
        ...options,
      }),
    async send(...drafts) {
      const bodies = drafts.map((draft, id) =>
        typeof draft === "string"
          ? draft
          : taskText({ id, name: "TEST", baseDirectory: "set", inputs: [], payload: null, ...draft }),
      );
      await tasks.send(bodies.map((body) => ({ body })));
    },
    errorReports: () => reportsIn(errors),
    doneReports: () => reportsIn(done),
    async [Symbol.asyncDispose]() {
      await cache[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function reportsIn(queue: Queue): Promise<readonly Report[]> {
  const messages = (await queue.peek?.({ max: 1000 })) ?? [];
  return messages.map(({ body }) => readReport(body));
}

/** A promise that the test fulfils. */
export function gate(): { readonly promise: Promise<void>; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, open: resolve };
}
