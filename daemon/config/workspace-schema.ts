import { z } from "zod";
import { describeRange, ranges, type NumberSetting } from "./ranges.ts";

export const engineNames = ["local", "aws", "hybrid"] as const;
export type Engines = (typeof engineNames)[number];

/**
 * Where task files run. Not a key of `simpletasks.json`: a checked-out file must not be able to have its code run inside
 * the daemon, with the daemon's credentials.
 */
export const isolationNames = ["process", "none"] as const;
export type Isolation = (typeof isolationNames)[number];

const profile = z
  .strictObject(
    {
      task_queue: text(
        "Where tasks wait: a URL (sqlite:PATH?queue=NAME, sqs://NAME) or a bare name, which engines resolves. Default: sqlite:.simpletasks/queue.db?queue=tasks.",
      ),
      error_queue: text("Where failures are reported. Default: the task queue's name + -errors."),
      done_queue: text(
        "Where successes are reported, or none. Default: the task queue's name + -done; with SQS none, when that queue does not exist.",
      ),
      bucket: text(
        "Where inputs and outputs lie: a URL (file:PATH, s3://NAME, gs://NAME) or a bare name. Default: file:.simpletasks/bucket.",
      ),
      cache: text(
        "The folder of this machine's copies of objects, relative to this file. Default: .simpletasks/cache.",
      ),
      engines: z
        .enum(engineNames, `must be one of ${engineNames.join(", ")}`)
        .optional()
        .describe(
          "What bare names mean. local: SQLite and folders; aws: SQS and S3; hybrid: SQS and Google Cloud Storage. Default: local.",
        ),
    },
    "must be an object",
  )
  .describe("Queues, bucket and cache that belong together. Paths are relative to this file.");

const daemon = z
  .strictObject(
    {
      workers: number("workers", "How many tasks run at once. Default: one a processor."),
      lease_seconds: number(
        "lease_seconds",
        "How long a message is hidden from others until the lease is renewed, in seconds; it is renewed while the task runs. Default: 60.",
      ),
      attempts: number(
        "attempts",
        "How many attempts a task gets before it is reported as failed. Default: 3.",
      ),
      max_deliveries: number(
        "max_deliveries",
        "Deliveries after which a message is taken for one that kills its daemon. Default: 100.",
      ),
      poll_seconds: number(
        "poll_seconds",
        "How long a receive waits in an empty queue before it asks again, in seconds; there is no pause between tasks. Default: 5.",
      ),
      cache_bytes: number(
        "cache_bytes",
        "The most bytes that this machine's cache holds, over all daemons that share it. Default: 80 % of what is free on its disk and what it holds, together.",
      ),
      report_days: number(
        "report_days",
        "How long reports are kept in the error and the done queue, in days, where these are SQLite queues; daemons remove older ones. 0 keeps all. Default: 14.",
      ),
    },
    "must be an object",
  )
  .describe("How daemons work.");

/**
 * What `simpletasks.json` may hold. `media/schemas/simpletasks.schema.json` is made from this; every description gives
 * unit and default, every error says what must stand there.
 */
export const workspaceSchema = z
  .strictObject(
    {
      $schema: text("Where the JSON schema of this file lies, for editors."),
      tasks: z
        .array(z.string("must be a text").min(1, "must not be empty"), "must be a list of texts")
        .optional()
        .describe(
          "Task files that daemons register: paths or patterns (*, **, ?), relative to this file. Default: tasks/**/*.task.ts.",
        ),
      profile: text(
        "The profile that is used when none is asked for. Default: the only one, else the one named local.",
      ),
      profiles: z
        .record(z.string(), profile, "must be an object of profiles by name")
        .optional()
        .describe("Sets of queues, bucket and cache, by name."),
      daemon: daemon.optional(),
    },
    "must be an object",
  )
  .describe("simpletasks.json: a SimpleTasks workspace.");

export type WorkspaceContents = z.infer<typeof workspaceSchema>;

function text(description: string) {
  return z.string("must be a text").min(1, "must not be empty").optional().describe(description);
}

function number(name: NumberSetting, description: string) {
  const range = ranges[name];
  const wrong = `must be ${describeRange(range)}`;
  const schema = range.whole ? z.int(wrong) : z.number(wrong);
  return schema.min(range.least, wrong).max(range.most, wrong).optional().describe(description);
}
