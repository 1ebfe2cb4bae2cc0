import { availableParallelism } from "node:os";
import path from "node:path";
import { SimpleTasksError } from "../../shared/errors.ts";
import { environmentLayer, type Environment } from "./environment.ts";
import { chooseProfile, fileLayer } from "./file-layer.ts";
import { describeOrigin, type Given, type Layer, type Origin, type SettingName } from "./layers.ts";
import { besideQueue, bucketUrl, queueUrl } from "./locations.ts";
import { findWorkspaceFile, readWorkspaceFile } from "./workspace-file.ts";
import type { Engines } from "./workspace-schema.ts";

/** Everything that a command needs to know, resolved: URLs whole, paths absolute. */
export interface Settings {
  /** The folder of `simpletasks.json`, else the current folder. */
  readonly workspace: string;
  /** The `simpletasks.json` that was read. */
  readonly file: string | undefined;
  readonly profile: string | undefined;
  /** Paths and patterns of task files, relative to `workspace`; none without a `simpletasks.json`. */
  readonly tasks: readonly string[];
  readonly engines: Engines;
  readonly taskQueue: string;
  readonly errorQueue: string;
  /** Undefined: successes are not reported. */
  readonly doneQueue: string | undefined;
  readonly bucket: string;
  readonly cache: string;
  readonly workers: number;
  readonly leaseSeconds: number;
  readonly attempts: number;
  readonly maxDeliveries: number;
  readonly pollSeconds: number;
  /** Where each value came from. */
  readonly origins: Readonly<Record<SettingName, Origin>>;
}

export interface SettingsSources {
  /** What was said on the command line. */
  readonly flags: Layer;
  /** The words of the classic positional form; empty when it is not used. */
  readonly classic: Layer;
  readonly environment: Environment;
  readonly currentDirectory: string;
  /** `--profile`, and `--config`: the file to read instead of the nearest. */
  readonly profile: string | undefined;
  readonly config: string | undefined;
}

/**
 * Command line > environment > `simpletasks.json` > defaults.
 * @throws `config_invalid` naming what is wrong, and where it stands.
 */
export function resolveSettings(sources: SettingsSources): Settings {
  const { environment, currentDirectory } = sources;
  const config = sources.config ?? (environment["SIMPLETASKS_CONFIG"] || undefined);
  const path_ =
    config === undefined ? findWorkspaceFile(currentDirectory) : path.resolve(currentDirectory, config);
  const file = path_ === undefined ? undefined : readWorkspaceFile(path_);
  const workspace = file === undefined ? path.resolve(currentDirectory) : path.dirname(file.path);
  const profile = chooseProfile(file, sources.profile ?? environment["SIMPLETASKS_PROFILE"]);
  const layers: readonly Layer[] = [
    sources.flags,
    sources.classic,
    environmentLayer(environment, currentDirectory),
    file === undefined ? {} : fileLayer(file, profile),
  ];

  const byDefault = <Value>(value: Value): Given<Value> => ({
    value,
    origin: { kind: "default" },
    base: workspace,
  });
  const first = <Name extends SettingName>(name: Name): NonNullable<Layer[Name]> | undefined =>
    layers.map((layer) => layer[name]).find((given) => given !== undefined);

  const engines = first("engines") ?? byDefault<Engines>("local");
  const queue = (given: Given<string>): string => locate(given, queueUrl);
  const locate = (given: Given<string>, toUrl: typeof queueUrl): string =>
    located(given, () => toUrl(given.value, { engines: engines.value, workspace, base: given.base }));

  const needed = (name: "task_queue" | "bucket", local: string): Given<string> => {
    const given = first(name) ?? (engines.value === "local" ? byDefault(local) : undefined);
    if (given !== undefined) return given;
    throw new SimpleTasksError(
      "config_invalid",
      `no ${name} is given, and ${engines.value} engines have no default`,
      {
        hint: `Give --${name.replace("_", "-")}, or ${name} in simpletasks.json.`,
      },
    );
  };
  const taskQueue = needed("task_queue", "tasks");
  const taskQueueUrl = queue(taskQueue);

  const beside = (suffix: string): Given<string> => {
    const url = besideQueue(taskQueueUrl, suffix);
    if (url !== undefined) return byDefault(url);
    throw new SimpleTasksError("config_invalid", `the queue beside ${taskQueueUrl} has no name of its own`, {
      hint: "Give --error-queue and --done-queue (or none).",
    });
  };
  const errorQueue = first("error_queue") ?? beside("-errors");
  // SimpleTasks knows no default: there, in words or environment, a done queue that is not named means none.
  const isClassic = taskQueue.origin.kind === "word" || taskQueue.origin.kind === "environment";
  const doneQueue = doneQueueGiven() ?? (isClassic ? byDefault("none") : beside("-done"));

  function doneQueueGiven(): Given<string> | undefined {
    if (!isClassic) return first("done_queue");
    return layers
      .slice(0, 3)
      .map((layer) => layer.done_queue)
      .find((given) => given !== undefined);
  }

  const bucket = needed("bucket", "file:.simpletasks/bucket");
  const cache = first("cache") ?? byDefault(path.join(".simpletasks", "cache"));
  const workers = first("workers") ?? byDefault(availableParallelism());
  const leaseSeconds = first("lease_seconds") ?? byDefault(60);
  const attempts = first("attempts") ?? byDefault(3);
  const maxDeliveries = first("max_deliveries") ?? byDefault(100);
  const pollSeconds = first("poll_seconds") ?? byDefault(5);

  return {
    workspace,
    file: file?.path,
    profile,
    tasks: file === undefined ? [] : (file.contents.tasks ?? ["tasks/**/*.task.ts"]),
    engines: engines.value,
    taskQueue: taskQueueUrl,
    errorQueue: queue(errorQueue),
    doneQueue: doneQueue.value === "none" ? undefined : queue(doneQueue),
    bucket: locate(bucket, bucketUrl),
    cache: path.resolve(cache.base, cache.value),
    workers: workers.value,
    leaseSeconds: leaseSeconds.value,
    attempts: attempts.value,
    maxDeliveries: maxDeliveries.value,
    pollSeconds: pollSeconds.value,
    origins: {
      task_queue: taskQueue.origin,
      error_queue: errorQueue.origin,
      done_queue: doneQueue.origin,
      bucket: bucket.origin,
      cache: cache.origin,
      engines: engines.origin,
      workers: workers.origin,
      lease_seconds: leaseSeconds.origin,
      attempts: attempts.origin,
      max_deliveries: maxDeliveries.origin,
      poll_seconds: pollSeconds.origin,
    },
  };
}

/** Says where a name stands that is none. */
function located<Value>(given: Given<unknown>, resolve: () => Value): Value {
  try {
    return resolve();
  } catch (error) {
    if (!(error instanceof SimpleTasksError)) throw error;
    throw new SimpleTasksError(error.code, `${describeOrigin(given.origin)}: ${error.message}`, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
    });
  }
}
