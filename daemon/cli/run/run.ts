import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Bucket } from "../../../shared/bucket/bucket.ts";
import { createMemoryBucket } from "../../../shared/bucket/memory.ts";
import { runOne } from "../../../shared/daemon/run-one/run-one.ts";
import { SimpleTasksError } from "../../../shared/errors.ts";
import { noOp } from "../../../shared/task/no-op.ts";
import { findTaskFiles } from "../../config/task-files.ts";
import { openToLook } from "../bucket/open.ts";
import { settingsOf, type Call } from "../call.ts";
import { escapeForTerminal } from "../escape.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Terminal } from "../terminal.ts";
import { chosenTask } from "./chosen-task.ts";
import { describeRun, runAsJson } from "./result.ts";
import { openScratch } from "./scratch.ts";
import { taskLines } from "./task-lines.ts";
import type { RunFlags } from "./words.ts";

/** `run`: one task, with its lines as they come, then what became of it. */
export async function run(call: Call<RunFlags>): Promise<number> {
  const { terminal, flags, signals, currentDirectory } = call;
  const settings = settingsOf(call);
  const taskFiles = await findTaskFiles(settings);
  await using bucket = await bucketOf(call, settings.bucket);
  const { text, document } = await chosenTask(call, bucket);
  const inspect = flags.inspect === true;
  if (inspect && document.name === noOp.name) {
    throw new SimpleTasksError("usage", `${noOp.name} is built in: there is no code of yours to debug`);
  }

  await using scratch = await openScratch(
    flags.keep === undefined ? undefined : path.resolve(currentDirectory, flags.keep),
  );
  const result = await runOne({
    text,
    bucket,
    scratch: scratch.bucket,
    cacheDirectory: scratch.cacheDirectory,
    taskFiles: taskFiles.map((file) => pathToFileURL(file)),
    directory: settings.workspace,
    ...(inspect && { onInspector: (address: string) => tellAddress(address, terminal) }),
    log: taskLines(terminal),
    onPhase: (phase) => terminal.status(`${phase} …`),
    signal: signals.signal,
  });
  terminal.status("");
  const run = { document, result, kept: scratch.kept };
  if (flags.json === true) await terminal.printRaw(runAsJson(run));
  else for (const line of describeRun(run, terminal.style)) await terminal.print(line);
  return result.report.kind === "done" ? exitCodes.done : exitCodes.failed;
}

/** Looking into a bucket does not make it: where there is none yet, nothing lies in it. */
async function bucketOf(call: Call, url: string): Promise<Bucket> {
  const bucket = await openToLook(call);
  if (bucket !== undefined) return bucket;
  call.terminal.tell(`there is no bucket ${escapeForTerminal(url)} yet: the task finds nothing in it`);
  return createMemoryBucket({ name: url });
}

function tellAddress(address: string, terminal: Terminal): void {
  const { host } = new URL(address);
  terminal.tell(`the task waits for a debugger at ${address}`);
  terminal.tell(`attach with an editor, with chrome://inspect, or: node inspect ${host}`);
}
