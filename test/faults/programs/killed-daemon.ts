// A daemon that kills itself where it is told to. Started by kills.test.ts with one JSON argument.
import { join } from "node:path";
import { openBucket } from "../../../shared/bucket/open.ts";
import { openCache } from "../../../shared/cache/open.ts";
import { createDaemon } from "../../../shared/daemon/daemon.ts";
import { openDatasource } from "../../../shared/datasource/open.ts";
import { openQueue } from "../../../shared/queue/open.ts";
import {
  createKiller,
  deletingFirst,
  killingBucket,
  killingReportQueue,
  killingTaskQueue,
  type KillPoint,
} from "./kill-points.ts";

export interface KilledDaemonOrder {
  readonly directory: string;
  readonly taskQueue: string;
  readonly errorQueue: string;
  readonly doneQueue: string;
  readonly point: KillPoint | "none";
  /** At the how many-th time. */
  readonly countdown: number;
  readonly turnsLater: number;
  readonly deletesFirst: boolean;
  /** Default 1. */
  readonly leaseSeconds?: number;
  /** Whether tasks run in the daemon's own process, which starts sooner. Default false. */
  readonly inProcess?: boolean;
}

const order = JSON.parse(process.argv[2] ?? "") as KilledDaemonOrder;
const killer = createKiller(order.point, order.countdown, order.turnsLater);
await using plainTasks = await openQueue(order.taskQueue);
await using plainErrors = await openQueue(order.errorQueue);
await using plainDone = await openQueue(order.doneQueue);
await using plainBucket = await openBucket(`file://${join(order.directory, "bucket")}`);
const bucket = killingBucket(plainBucket, killer);
await using cache = await openCache({ directory: join(order.directory, "cache") });
const daemon = createDaemon({
  taskQueue: order.deletesFirst ? deletingFirst(plainTasks, killer) : killingTaskQueue(plainTasks, killer),
  errorQueue: killingReportQueue(plainErrors, killer),
  doneQueue: killingReportQueue(plainDone, killer),
  bucket,
  datasource: openDatasource({ bucket, cache }),
  workers: 2,
  ...(order.inProcess === true && { isolation: "none" }),
  leaseSeconds: order.leaseSeconds ?? 1,
  pollFrequencySeconds: 0.2,
  attempts: 2,
  retryDelaySeconds: 0,
  untilDrained: true,
});
daemon.register(new URL("./copy-twice.task.ts", import.meta.url));
await daemon.run();
