import { z } from "zod";
import { flagNames } from "../../../daemon/cli/call.ts";
import { environmentNames } from "../../../daemon/config/environment.ts";
import type { SettingName } from "../../../daemon/config/layers.ts";
import { describeRange, ranges } from "../../../daemon/config/ranges.ts";
import {
  isolationNames,
  workspaceSchema,
  type WorkspaceContents,
} from "../../../daemon/config/workspace-schema.ts";

/** `docs/configuration.md`, made from what the program reads. */
export function configurationPage(): string {
  const { shape } = workspaceSchema;
  return `# Configuration

Made from the schema and the names that the program reads; do not edit by hand: \`npx vitest run test/daemon/config/configuration.test.ts -u\`.

A setting is taken from the first of these that gives it: the command line (flags before the words of the classic form), the environment,
\`simpletasks.json\`, the default. \`simpletasks status\` shows what counts and where each value came from.

## simpletasks.json

The nearest one counts, in the current folder or above it; its folder is the *workspace*. It is plain JSON, without comments; an unknown key is
an error. \`{}\` is a whole file. Without any, the current folder is the workspace and \`NO_OP\` the only task type. Editors check it with
[its JSON schema](../media/schemas/simpletasks.schema.json).

For example, a workspace with queues of its own for trying things out (\`simpletasks daemon --profile trial\`):

\`\`\`json
${exampleFile()}
\`\`\`

Every key may be left out. \`simpletasks init\` writes the schema that \`$schema\` names.

${table(["key", "what it says", "value", "default"], [...rowsOf("", shape)])}

### profiles.NAME

Queues, bucket and cache that belong together. \`--profile NAME\` chooses one; without it the file's \`profile\`, the only one, or the one named
\`local\` counts. Several without such a choice are an error. Relative paths in \`sqlite:PATH\`, \`file:PATH\` and \`cache\` start at the file's folder; those
of flags and of the environment start where the command was typed.

${table(["key", "what it says", "value", "default"], rowsOf("", shape.profiles.unwrap().valueType.shape))}

### daemon

${table(["key", "what it says", "value", "default"], rowsOf("", shape.daemon.unwrap().shape))}

## Flags and environment

The environment has the names that SimpleTasks' start-up script exports. An empty variable counts as not given.

${table(
  ["setting", "flag", "environment"],
  [
    ...Object.entries(environmentNames).map(([name, variable]) => [code(name), flagOf(name), code(variable)]),
    ["the profile", code("--profile"), code("SIMPLETASKS_PROFILE")],
    [`the \`simpletasks.json\`, or \`none\``, code("--config"), code("SIMPLETASKS_CONFIG")],
  ],
)}

- \`isolation\` says where task files run: ${isolationNames.map(code).join(" (worker processes, the default) or ")} (in the daemon itself). It is no key of the file: a file that somebody
  checked out must not have its code run inside the daemon.
- Where the environment (\`TASK_QUEUE\`) or the classic form names the task queue, a done queue that is not named there means **none**, whatever
  the file says: successes are then not reported.
- \`simpletasks COMMAND --help\` lists the flags that are no settings.

## Names and URLs

| given | means |
|---|---|
| \`sqlite:PATH?queue=NAME\` | a queue in a SQLite file; without \`queue=\` it is \`tasks\` |
| \`file:PATH\`, \`file:///PATH\` | a bucket in a folder |
| \`NAME\` as a queue | with engines \`local\`: the queue of that name in \`.simpletasks/queue.db\` |
| \`NAME\` as a bucket | with engines \`local\`: the folder \`.simpletasks/buckets/NAME\` |
| \`sqs://\`, \`s3://\`, \`gs://\`, engines \`aws\` and \`hybrid\` | SQS, S3, Google Cloud Storage: not built yet |

The task queue cannot be the error or the done queue too: reports would be run as tasks.

## Where things lie

| what | where |
|---|---|
| queues, bucket and cache, unless the settings say otherwise | \`.simpletasks\` in the workspace |
| the log of the workspace's daemons | \`STATE/logs/FOLDER-HASH/HOST.log\`; \`simpletasks status\` shows the folder |
| scratch of tasks that run | the cache's own folder, \`CACHE/.simpletasks/work\` |
| what \`schedule -\` and \`run\` keep for their time | \`simpletasks-…\` in the system's temporary directory (\`TMPDIR\`) |

\`STATE\` is \`$XDG_STATE_HOME/simpletasks\`, without that variable \`~/.local/state/simpletasks\`, on Windows \`%LOCALAPPDATA%\\SimpleTasks\`. It is for you alone (mode 0700); one
that others may enter is not used, which the daemon says.

Logs are one JSON object a line, of every daemon of the workspace on this machine, each line with its process id. They lie on disk half a second late
at most. A file of 10 MB is moved aside, as \`HOST.TIME-PID.log\`; at most ten files are kept. A full disk stops no daemon: the lines that it
did not take are counted.

When the cache has reached \`cache_bytes\`, files that no task needs go, those first that were not used for longest. Inputs are no longer fetched ahead while those of the tasks that run or
wait fill it; an input that is larger than all of it is fetched all the same, and goes after its task. \`simpletasks cache status\` shows what counts, \`cache clear\` empties it. In code it is
\`openCache({ directory, limitBytes })\`.

What a killed daemon or command leaves, scratch and temporary directories, the next daemon removes when it starts. Reports older than
\`report_days\` are removed at a daemon's start and every hour.
`;
}

/** Checked as the program checks it. */
function exampleFile(): string {
  const example = {
    $schema: "./.simpletasks/types/schemas/simpletasks.schema.json",
    tasks: ["tasks/**/*.task.ts"],
    profile: "local",
    profiles: {
      local: { task_queue: "cells", bucket: "file:/data/cells", cache: "/scratch/cells-cache" },
      trial: { task_queue: "sqlite:trial.db?queue=cells", done_queue: "none", bucket: "file:trial-data" },
    },
    daemon: { workers: 4, attempts: 2, report_days: 30 },
  } satisfies WorkspaceContents;
  return JSON.stringify(workspaceSchema.parse(example), undefined, 2);
}

function rowsOf(prefix: string, shape: Readonly<Record<string, z.ZodType>>): string[][] {
  return Object.entries(shape).map(([key, schema]) => {
    const [, what = "", otherwise = ""] =
      /^(.*?)(?: Default: (.*)\.)?$/s.exec(schema.description ?? innerDescription(schema)) ?? [];
    return [code(prefix + key), what, valueOf(key, schema), otherwise];
  });
}

function innerDescription(schema: z.ZodType): string {
  return z.toJSONSchema(schema).description ?? "";
}

function valueOf(key: string, schema: z.ZodType): string {
  const range = Object.entries(ranges).find(([name]) => name === key)?.[1];
  if (range !== undefined) return describeRange(range);
  const { type, enum: choices } = z.toJSONSchema(schema);
  if (choices !== undefined) return choices.map((choice) => code(String(choice))).join(", ");
  return { string: "text", array: "list of texts", object: "see below" }[String(type)] ?? String(type);
}

function flagOf(name: string): string {
  const flag = flagNames[name as SettingName];
  return flag.startsWith("--") ? code(flag) : "none";
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.join(" | ").replaceAll("**/*", "\\*\\*/\\*")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}
