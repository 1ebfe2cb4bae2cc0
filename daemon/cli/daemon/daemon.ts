import { pathToFileURL } from "node:url";
import { openBucket } from "../../../shared/bucket/open.ts";
import { openCache } from "../../../shared/cache/open.ts";
import { createDaemon, type DaemonSummary } from "../../../shared/daemon/daemon.ts";
import { openDatasource } from "../../../shared/datasource/open.ts";
import type { CacheStatus } from "../../../shared/cache/cache.ts";
import type { Logger } from "../../../shared/logger.ts";
import { createResources } from "../../../shared/resources.ts";
import { removeAbandonedDirectories } from "../../../shared/temporary-directory.ts";
import { classicLayer } from "../../config/classic-form.ts";
import type { Settings } from "../../config/settings.ts";
import { findTaskFiles } from "../../config/task-files.ts";
import { settingsOf, type Call } from "../call.ts";
import type { DaemonFlags } from "./words.ts";
import { openDaemonLog, type DaemonLog } from "./log.ts";
import { stoppingLine } from "./screen-log.ts";
import { exitCodes } from "../exit-codes.ts";
import { counted } from "../format.ts";
import { openNamedQueue } from "../queues.ts";

/** `daemon`: opens what the settings name, runs tasks until stopped or drained, and sums up. */
export async function daemon(call: Call<DaemonFlags>): Promise<number> {
  const settings = settingsOf(call, classicLayer(call.words, call.currentDirectory));
  const { terminal, environment } = call;
  await using log = await openDaemonLog({ terminal, workspace: settings.workspace, environment });
  try {
    return await runDaemon(call, settings, log);
  } catch (error) {
    log.failed(error);
    throw error;
  }
}

async function runDaemon(call: Call<DaemonFlags>, settings: Settings, log: DaemonLog): Promise<number> {
  const { terminal, signals, flags } = call;
  void removeLeftovers(log);
  const taskFiles = await findTaskFiles(settings);

  await using resources = createResources();
  const taskQueue = resources.use(await openNamedQueue(settings.taskQueue));
  const errorQueue = resources.use(await openNamedQueue(settings.errorQueue));
  const doneQueue =
    settings.doneQueue === undefined ? undefined : resources.use(await openNamedQueue(settings.doneQueue));
  const bucket = resources.use(await openBucket(settings.bucket));
  const cache = resources.use(
    await openCache({
      directory: settings.cache,
      limitBytes: settings.cacheBytes,
      shared: flags.sharedCache === true,
      log,
    }),
  );
  const datasource = resources.use(openDatasource({ bucket, cache, log }));

  const running = createDaemon({
    taskQueue,
    errorQueue,
    doneQueue,
    bucket,
    datasource,
    pollFrequencySeconds: settings.pollSeconds,
    leaseSeconds: settings.leaseSeconds,
    attempts: settings.attempts,
    maxDeliveries: settings.maxDeliveries,
    workers: settings.workers,
    isolation: settings.isolation,
    reportDays: settings.reportDays,
    directory: settings.workspace,
    untilDrained: flags.untilDrained === true,
    log,
  });
  for (const file of taskFiles) running.register(pathToFileURL(file));
  log.log("info", "daemon starting", {
    task_queue: taskQueue.url,
    error_queue: errorQueue.url,
    done_queue: doneQueue?.url ?? "none",
    bucket: bucket.url,
    cache: settings.cache,
    workers: settings.workers,
    task_files: taskFiles.length,
    log_file: log.file ?? "none",
  });
  if (terminal.showsStatus) {
    signals.signal.addEventListener("abort", () => terminal.tell(stoppingLine(running.counters.running)));
  }
  // The first signal stops leasing and lets finish what runs; the next one aborts that.
  signals.onFurther(() => running.stop());
  const summary = await running.run({ signal: signals.signal });
  const { hits, downloads } = await cache.status();
  await terminal.print(flags.json === true ? asJson(summary, { hits, downloads }) : describeSummary(summary));
  return exitCodes.done;
}

/** What killed programs left in the system's temporary directory. Nothing waits for it: it may be much. */
async function removeLeftovers(log: Logger): Promise<void> {
  const directories = await removeAbandonedDirectories();
  if (directories.length > 0)
    log.log("info", "temporary directories that killed programs left were removed", { directories });
}

function asJson(
  summary: DaemonSummary,
  { hits, downloads }: Pick<CacheStatus, "hits" | "downloads">,
): string {
  const { succeeded, failed, retried, returned, leasesLost, seconds } = summary;
  return JSON.stringify({
    succeeded,
    failed,
    retried,
    returned,
    leases_lost: leasesLost,
    seconds,
    cache_hits: hits,
    cache_downloads: downloads,
  });
}

function describeSummary({ succeeded, failed, retried, seconds }: DaemonSummary): string {
  const extra = retried === 0 ? "" : `, ${counted(retried, "attempt")} repeated`;
  return `${counted(succeeded, "task")} done, ${failed} failed${extra} in ${seconds.toFixed(1)} s`;
}
