import { isSimpleTasksError, messageOf } from "../../../shared/errors.ts";
import { describeOrigin, type Origin } from "../../config/layers.ts";
import type { Settings } from "../../config/settings.ts";
import { findTaskFiles } from "../../config/task-files.ts";
import { logPlace } from "../../log/place.ts";
import { settingsOf, type Call } from "../call.ts";
import { escapeForTerminal } from "../escape.ts";
import { exitCodes } from "../exit-codes.ts";
import { counted, table } from "../format.ts";
import { describeStats, statsOf } from "../queue/stats.ts";

/** `status`: what the settings are, where they came from, and how many messages wait. */
export async function status(call: Call): Promise<number> {
  const { terminal, flags } = call;
  const settings = settingsOf(call);
  const files = await findTaskFiles(settings);
  const logs = logDirectory(settings, call);
  const queues = await Promise.all([
    lookInto("task queue", settings.taskQueue, settings.origins.task_queue, call),
    lookInto("error queue", settings.errorQueue, settings.origins.error_queue, call),
    lookInto("done queue", settings.doneQueue, settings.origins.done_queue, call),
  ]);
  if (flags.json === true) {
    const [task, error, done] = queues.map(({ url, stats, problem }) => ({
      url: url ?? null,
      ...stats,
      ...problem,
    }));
    const queuesByName = { task_queue: task, error_queue: error, done_queue: done };
    await terminal.print(
      JSON.stringify({ ...asJson(settings), task_files: files, logs: logs ?? null, queues: queuesByName }),
    );
  } else {
    const dim = (text: string): string => terminal.style("dim", text);
    const rows = [
      [
        "workspace",
        settings.workspace,
        settings.file === undefined ? "no simpletasks.json" : (settings.profile ?? ""),
      ],
      ...queues.map(({ name, url, origin }) => [name, url ?? "none", describeOrigin(origin)]),
      ["bucket", settings.bucket, describeOrigin(settings.origins.bucket)],
      ["cache", settings.cache, describeOrigin(settings.origins.cache)],
      ["engines", settings.engines, describeOrigin(settings.origins.engines)],
      ["workers", String(settings.workers), describeOrigin(settings.origins.workers)],
      ["lease", `${settings.leaseSeconds} s`, describeOrigin(settings.origins.lease_seconds)],
      ["reports kept", reportsKept(settings.reportDays), describeOrigin(settings.origins.report_days)],
      ["logs", logs ?? "none", ""],
      ["task files", String(files.length), ""],
    ];
    const width = Math.max(...rows.map(([name = ""]) => name.length));
    for (const row of rows) {
      const [name = "", value = "", origin = ""] = row.map(escapeForTerminal);
      const from = origin === "" || origin === "default" ? "" : `  ${dim(origin)}`;
      await terminal.print(`${name.padEnd(width)}  ${value}${from}`);
    }
    await terminal.print("");
    for (const line of table(queues.map(({ name, shown }) => [name, shown]))) await terminal.print(line);
    if (files.length === 0) await terminal.print(dim("NO_OP is the only task type: it is built in."));
  }
  return queues.some(({ problem }) => problem !== undefined) ? exitCodes.failed : exitCodes.done;
}

/** Undefined without a home directory: then daemons write none. */
function logDirectory({ workspace }: Settings, { environment }: Call): string | undefined {
  try {
    return logPlace(workspace, environment).directory;
  } catch {
    return undefined;
  }
}

function reportsKept(days: number): string {
  return days === 0 ? "for good" : counted(days, "day");
}

async function lookInto(name: string, url: string | undefined, origin: Origin, call: Call) {
  if (url === undefined) return { name, url, origin, shown: "none: nothing is reported" };
  try {
    const stats = await statsOf(url, call);
    return {
      name,
      url,
      origin,
      stats: stats ?? { visible: 0, leased: 0, delayed: 0 },
      shown: describeStats(stats),
    };
  } catch (error) {
    const problem = { error: isSimpleTasksError(error) ? error.code : "io", message: messageOf(error) };
    return { name, url, origin, problem, shown: escapeForTerminal(messageOf(error)) };
  }
}

function asJson(settings: Settings): Record<string, unknown> {
  return {
    workspace: settings.workspace,
    file: settings.file ?? null,
    profile: settings.profile ?? null,
    engines: settings.engines,
    bucket: settings.bucket,
    cache: settings.cache,
    workers: settings.workers,
    isolation: settings.isolation,
    lease_seconds: settings.leaseSeconds,
    attempts: settings.attempts,
    max_deliveries: settings.maxDeliveries,
    poll_seconds: settings.pollSeconds,
    cache_bytes: settings.cacheBytes ?? null,
    report_days: settings.reportDays,
    origins: Object.fromEntries(
      Object.entries(settings.origins).map(([name, origin]) => [name, describeOrigin(origin)]),
    ),
  };
}
