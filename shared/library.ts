// What `import … from "simpletasks"` gives: to authors of task types, to programs that put a daemon
// together themselves, and to authors of drivers.
export { readTasks, type ReadTasksOptions } from "./batch/read-tasks.ts";
export {
  schedule,
  type PlacedTask,
  type ScheduledTask,
  type ScheduleOptions,
  type ScheduleProgress,
} from "./batch/schedule.ts";
export type {
  Bucket,
  BucketCallOptions,
  Checksum,
  GetOptions,
  HeadOptions,
  ListOptions,
  ObjectInfo,
  ObjectPage,
  ObjectSource,
  ObjectStream,
  PutOptions,
} from "./bucket/bucket.ts";
export {
  openBucket,
  type BucketDriver,
  type BucketDriverOptions,
  type OpenBucketOptions,
} from "./bucket/open.ts";
export type { Cache, CacheStatus } from "./cache/cache.ts";
export { openCache, type CacheOptions } from "./cache/open.ts";
export { createDaemon, type Daemon, type DaemonSummary } from "./daemon/daemon.ts";
export type { DaemonCounters } from "./daemon/counters.ts";
export type { DaemonOptions } from "./daemon/options.ts";
export type {
  Datasource,
  DatasourceGetOptions,
  DatasourcePutOptions,
  PutValue,
} from "./datasource/datasource.ts";
export { openDatasource, type DatasourceOptions, type OpenDatasource } from "./datasource/open.ts";
export { SimpleTasksError, isSimpleTasksError, type ErrorCode } from "./errors.ts";
export type { Logger, LogFields, LogLevel } from "./logger.ts";
export { openQueue, type OpenQueueOptions, type QueueDriver, type QueueDriverOptions } from "./queue/open.ts";
export type {
  BatchChange,
  BatchCounts,
  CallOptions,
  LeaseOutcome,
  Message,
  OutgoingMessage,
  PeekedMessage,
  PeekOptions,
  Queue,
  QueueBatches,
  QueueLimits,
  QueueStats,
  QueueTransaction,
  ReceiveOptions,
  Release,
  SendOutcome,
  Settlement,
} from "./queue/queue.ts";
export { defineTask, type TaskType } from "./task/define.ts";
export type { TaskDraft } from "./task/document.ts";
export type { JsonObject, JsonValue } from "./task/json.ts";
export type {
  ExecuteResult,
  Input,
  Output,
  PayloadOf,
  Task,
  TaskContext,
  TaskDefinition,
  TaskLog,
  TaskResult,
} from "./task/task-type.ts";
export { z } from "zod";
