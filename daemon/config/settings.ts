import { availableParallelism } from "node:os";
import path from "node:path";
import { environmentLayer, type Environment } from "./environment.ts";
import { chooseProfile, fileLayer } from "./file-layer.ts";
import type { Layer, Origin, SettingName } from "./layers.ts";
import type { NumberSetting } from "./ranges.ts";
import { resolveLocations, type Resolved } from "./resolve-locations.ts";
import type { WorkspaceFile } from "./workspace-file.ts";
import type { Engines, Isolation } from "./workspace-schema.ts";

/** Everything that a command needs to know, resolved: URLs whole, paths absolute. */
export interface Settings {
  /** The folder of `simpletasks.json`, else the current folder. */
  readonly workspace: string;
  /** The `simpletasks.json` that was read. */
  readonly file: string | undefined;
  readonly profile: string | undefined;
  /** Paths and patterns of task files, relative to `workspace`; none without a `simpletasks.json`. */
  readonly tasks: readonly string[];
  /** Where each of `tasks` stands. */
  readonly taskOrigins: readonly Origin[];
  readonly engines: Engines;
  readonly taskQueue: string;
  readonly errorQueue: string;
  /** Undefined: successes are not reported. */
  readonly doneQueue: string | undefined;
  readonly bucket: string;
  readonly cache: string;
  readonly workers: number;
  readonly isolation: Isolation;
  readonly leaseSeconds: number;
  readonly attempts: number;
  readonly maxDeliveries: number;
  readonly pollSeconds: number;
  /** Undefined: a share of the disk. */
  readonly cacheBytes: number | undefined;
  /** 0: reports are kept for good. */
  readonly reportDays: number;
  /** Where each value came from. */
  readonly origins: Readonly<Record<SettingName, Origin>>;
}

export interface SettingsSources {
  /** What the command line says; of several layers the first that says something counts. */
  readonly commandLine: readonly Layer[];
  readonly environment: Environment;
  readonly currentDirectory: string;
  readonly file: WorkspaceFile | undefined;
  /** The profile that was asked for. */
  readonly profile: string | undefined;
}

/** What names are resolved by, for a name that is no setting. */
export interface Names {
  readonly engines: Engines;
  readonly workspace: string;
}

/** @throws `config_invalid` */
export function resolveNames(sources: SettingsSources): Names {
  const { engines, workspace } = layersOf(sources);
  return { engines: engines.value, workspace };
}

/**
 * Command line > environment > `simpletasks.json` > defaults.
 * @throws `config_invalid` naming what is wrong, and where it stands.
 */
export function resolveSettings(sources: SettingsSources): Settings {
  const { file } = sources;
  const { layers, profile, workspace, engines } = layersOf(sources);
  const number = <Otherwise extends number | undefined>(
    name: NumberSetting,
    otherwise: Otherwise,
  ): Resolved<number | Otherwise> =>
    layers.find((layer) => layer[name] !== undefined)?.[name] ?? {
      value: otherwise,
      origin: { kind: "default" },
    };

  const { taskQueue, errorQueue, doneQueue, bucket, cache } = resolveLocations(layers, engines, workspace);
  const isolation: Resolved<Isolation> = layers.find((layer) => layer.isolation !== undefined)?.isolation ?? {
    value: "process",
    origin: { kind: "default" },
  };
  const workers = number("workers", availableParallelism());
  const leaseSeconds = number("lease_seconds", 60);
  const attempts = number("attempts", 3);
  const maxDeliveries = number("max_deliveries", 100);
  const pollSeconds = number("poll_seconds", 5);
  const cacheBytes = number("cache_bytes", undefined);
  const reportDays = number("report_days", 14);

  return {
    workspace,
    file: file?.path,
    profile,
    ...tasksOf(file),
    engines: engines.value,
    taskQueue: taskQueue.value,
    errorQueue: errorQueue.value,
    doneQueue: doneQueue.value,
    bucket: bucket.value,
    cache: cache.value,
    workers: workers.value,
    isolation: isolation.value,
    leaseSeconds: leaseSeconds.value,
    attempts: attempts.value,
    maxDeliveries: maxDeliveries.value,
    pollSeconds: pollSeconds.value,
    cacheBytes: cacheBytes.value,
    reportDays: reportDays.value,
    origins: {
      task_queue: taskQueue.origin,
      error_queue: errorQueue.origin,
      done_queue: doneQueue.origin,
      bucket: bucket.origin,
      cache: cache.origin,
      engines: engines.origin,
      workers: workers.origin,
      isolation: isolation.origin,
      lease_seconds: leaseSeconds.origin,
      attempts: attempts.origin,
      max_deliveries: maxDeliveries.origin,
      poll_seconds: pollSeconds.origin,
      cache_bytes: cacheBytes.origin,
      report_days: reportDays.origin,
    },
  };
}

function tasksOf(file: WorkspaceFile | undefined): Pick<Settings, "tasks" | "taskOrigins"> {
  if (file === undefined) return { tasks: [], taskOrigins: [] };
  const { tasks } = file.contents;
  if (tasks === undefined) return { tasks: ["tasks/**/*.task.ts"], taskOrigins: [{ kind: "default" }] };
  const origin = (index: number): Origin => ({
    kind: "file",
    file: file.path,
    line: file.lineOf(["tasks", index]),
  });
  return { tasks, taskOrigins: tasks.map((_, index) => origin(index)) };
}

/** All layers, the first that says something counting; and what the rest is resolved by. */
function layersOf({ commandLine, environment, currentDirectory, file, profile: asked }: SettingsSources) {
  const profile = chooseProfile(file, asked);
  const layers: readonly Layer[] = [
    ...commandLine,
    environmentLayer(environment, currentDirectory),
    file === undefined ? {} : fileLayer(file, profile),
  ];
  const workspace = path.resolve(file === undefined ? currentDirectory : path.dirname(file.path));
  const engines: Resolved<Engines> = layers.find((layer) => layer.engines !== undefined)?.engines ?? {
    value: "local",
    origin: { kind: "default" },
  };
  return { layers, profile, workspace, engines };
}
