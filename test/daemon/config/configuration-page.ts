import { z } from "zod";
import { flagNames } from "../../../daemon/cli/call.ts";
import { environmentNames } from "../../../daemon/config/environment.ts";
import type { SettingName } from "../../../daemon/config/layers.ts";
import { describeRange, ranges } from "../../../daemon/config/ranges.ts";
import { isolationNames, workspaceSchema } from "../../../daemon/config/workspace-schema.ts";

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

${table(["key", "what it says", "value", "default"], [...rowsOf("", shape)])}

### profiles.NAME

Queues, bucket and cache that belong together. \`--profile NAME\` chooses one. Paths are relative to the file.

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
`;
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
