import { SimpleTasksError } from "../../shared/errors.ts";
import { describeOrigin, type Given, type Layer, type Origin, type TextSetting } from "./layers.ts";
import { besideQueue, bucketUrl, cacheFolder, queueUrl } from "./locations.ts";
import type { Engines } from "./workspace-schema.ts";

export interface Resolved<Value> {
  readonly value: Value;
  readonly origin: Origin;
}

export interface Locations {
  readonly taskQueue: Resolved<string>;
  readonly errorQueue: Resolved<string>;
  readonly doneQueue: Resolved<string | undefined>;
  readonly bucket: Resolved<string>;
  readonly cache: Resolved<string>;
}

/**
 * The URLs of queues and bucket and the cache's folder, from layers of which the first that says something counts.
 * @throws `config_invalid` saying where the name stands that is none, what must be given, or which queue is meant twice.
 */
export function resolveLocations(
  layers: readonly Layer[],
  { value: engines, origin: enginesOrigin }: Resolved<Engines>,
  workspace: string,
): Locations {
  const queue = (given: Given<string>): Resolved<string> => locate(given, queueUrl);
  const taskQueueGiven =
    first("task_queue") ?? byDefault("task_queue", "sqlite:.simpletasks/queue.db?queue=tasks");
  const taskQueue = queue(taskQueueGiven);
  const errorQueue = optional(first("error_queue"), queue) ?? beside("-errors");
  const doneQueue = resolveDoneQueue();
  refuseReportsAsTasks("error_queue", errorQueue);
  refuseReportsAsTasks("done_queue", doneQueue);
  return {
    taskQueue,
    errorQueue,
    doneQueue,
    bucket: locate(first("bucket") ?? byDefault("bucket", "file:.simpletasks/bucket"), bucketUrl),
    cache: locate(
      first("cache") ?? { value: ".simpletasks/cache", origin: { kind: "default" }, base: workspace },
      cacheFolder,
    ),
  };

  function first(name: TextSetting): Given<string> | undefined {
    return layers.find((layer) => layer[name] !== undefined)?.[name];
  }

  /**
   * SimpleTasks knows no default: where its words or its environment name the task queue, a done queue that they do not
   * name means none, whatever a file says.
   */
  function resolveDoneQueue(): Resolved<string | undefined> {
    const { kind } = taskQueueGiven.origin;
    const isClassic = kind === "word" || kind === "environment";
    const given = first("done_queue");
    if (isClassic && (given === undefined || given.origin.kind === "file"))
      return { value: undefined, origin: { kind: "default" } };
    if (given === undefined) return beside("-done");
    return given.value === "none" ? { value: undefined, origin: given.origin } : queue(given);
  }

  /** A report in the task queue would be leased as a task, fail, and be reported there again, without end. */
  function refuseReportsAsTasks(
    name: "error_queue" | "done_queue",
    { value, origin }: Resolved<string | undefined>,
  ): void {
    if (value !== taskQueue.value) return;
    const settings = [
      `${name} (${describeOrigin(origin)})`,
      `task_queue (${describeOrigin(taskQueue.origin)})`,
    ];
    throw new SimpleTasksError("config_invalid", `${settings.join(" and ")} are the same queue, ${value}`, {
      hint: "Reports would be run as tasks: give each a queue of its own.",
    });
  }

  function beside(suffix: string): Resolved<string> {
    return { value: besideQueue(taskQueue.value, suffix), origin: { kind: "default" } };
  }

  function byDefault(name: "task_queue" | "bucket", local: string): Given<string> {
    if (engines === "local") return { value: local, origin: { kind: "default" }, base: workspace };
    throw new SimpleTasksError(
      "config_invalid",
      `no ${name} is given, and engines "${engines}" (${describeOrigin(enginesOrigin)}) have no default`,
      {
        hint: `Give --${name.replace("_", "-")}, or ${name} in simpletasks.json.`,
      },
    );
  }

  function locate(given: Given<string>, toUrl: typeof queueUrl): Resolved<string> {
    try {
      return { value: toUrl(given.value, { engines, workspace, base: given.base }), origin: given.origin };
    } catch (error) {
      if (!(error instanceof SimpleTasksError)) throw error;
      throw new SimpleTasksError(error.code, `${describeOrigin(given.origin)}: ${error.message}`, {
        ...(error.hint !== undefined && { hint: error.hint }),
        cause: error,
      });
    }
  }
}

function optional<Value, Result>(
  value: Value | undefined,
  change: (value: Value) => Result,
): Result | undefined {
  return value === undefined ? undefined : change(value);
}
