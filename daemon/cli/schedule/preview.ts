import type { BatchCheck } from "../../../shared/batch/check-batch.ts";
import type { BatchTask } from "../../../shared/batch/entry.ts";
import { findInputs, type FoundInputs } from "../../../shared/batch/find-inputs.ts";
import type { Bucket } from "../../../shared/bucket/bucket.ts";
import type { TaskDocument } from "../../../shared/task/document.ts";
import type { Call } from "../call.ts";
import { escapeForTerminal } from "../escape.ts";
import { bytesText, counted, table } from "../format.ts";
import { openProgress } from "../progress.ts";
import { mistakesInJson } from "./mistakes.ts";

/** What `--dry-run` shows instead of sending. */
export interface Preview {
  /** Takes a task that would be sent. */
  readonly add: (task: BatchTask, document: TaskDocument) => void;
  /** Looks for the inputs of all tasks, and prints. */
  print(call: Call, found: PreviewSources): Promise<void>;
}

export interface PreviewSources {
  readonly check: BatchCheck;
  /** The queue's URL. */
  readonly queue: string;
  readonly bucket: Bucket;
}

const samplesShown = 3;

export function openPreview(): Preview {
  const samples: string[] = [];
  // The memory of a dry run grows with these: each input counts once, however many tasks read it.
  const keys = new Set<string>();
  return {
    add({ message }, { inputKeys }) {
      if (samples.length < samplesShown) samples.push(message);
      for (const key of inputKeys) keys.add(key);
    },
    async print(call, { check, queue, bucket }) {
      const progress = openProgress(call.terminal);
      const inputs = await findInputs(bucket, keys, {
        signal: call.signals.signal,
        onProgress: (done) =>
          progress(() => `looked for ${done.toLocaleString("en")} of ${counted(keys.size, "input")}`),
      });
      const places = { queue, bucket: bucket.url };
      if (call.flags.json === true) await printJson(call, check, samples, inputs, places);
      else await printText(call, check, samples, inputs, places);
    },
  };
}

interface Places {
  readonly queue: string;
  readonly bucket: string;
}

async function printText(
  { terminal }: Call,
  check: BatchCheck,
  samples: readonly string[],
  inputs: FoundInputs,
  { queue, bucket }: Places,
): Promise<void> {
  const { keys, bytes, missing, firstMissing } = inputs;
  const rows = [
    ["tasks", `${(check.tasks - check.invalid).toLocaleString("en")}, none was sent`],
    ["queue", queue],
    ["bucket", bucket],
    ["inputs", keys === 0 ? "none" : `${counted(keys, "object")}, ${bytesText(bytes)}`],
    ["missing", missing === 0 ? "none" : terminal.style("yellow", counted(missing, "input"))],
  ];
  for (const line of table(rows)) await terminal.print(line);
  for (const key of firstMissing) await terminal.print(`  ${escapeForTerminal(key)}`);
  if (missing > firstMissing.length) await terminal.print(`  and ${missing - firstMissing.length} more`);
  await terminal.print(
    `\n${terminal.style("bold", samples.length === 1 ? "the task" : `the first ${samples.length} tasks`)}`,
  );
  for (const sample of samples) await terminal.printRaw(sample);
}

/** The samples as they would be sent, digit for digit. */
async function printJson(
  { terminal }: Call,
  check: BatchCheck,
  samples: readonly string[],
  { keys, bytes, missing, firstMissing }: FoundInputs,
  places: Places,
): Promise<void> {
  const found = JSON.stringify({
    scheduled: 0,
    ...mistakesInJson(check),
    ...places,
    inputs: { keys, bytes, missing, first_missing: firstMissing },
  });
  await terminal.print(`${found.slice(0, -1)},"samples":[${samples.join(",")}]}`);
}
