import { mkdtemp } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { schedule } from "../../../shared/batch/schedule.ts";
import type { Bucket } from "../../../shared/bucket/bucket.ts";
import { openBucket } from "../../../shared/bucket/open.ts";
import { makeDirectory } from "../../../shared/make-directory.ts";
import { createResources } from "../../../shared/resources.ts";
import type { Queue } from "../../../shared/queue/queue.ts";
import { layerOfWords } from "../../config/layers.ts";
import { resolveSettings, type Settings } from "../../config/settings.ts";
import { flagLayer, settingsOf, type Call } from "../call.ts";
import type { DemoFlags } from "./words.ts";
import { dataset, demoTasks, makeInputs, outputIsRight } from "./dataset.ts";
import { runDaemon, type DaemonRun } from "./run-daemon.ts";
import { openStages, type Stages } from "./stages.ts";
import { exitCodes } from "../exit-codes.ts";
import { bytesText, table } from "../format.ts";
import { openNamedQueue } from "../queues.ts";

/** `demo`: the main job, from making its files to comparing every output. */
export async function demo(call: Call<DemoFlags>): Promise<number> {
  const { terminal, flags } = call;
  const { signal } = call.signals;
  const started = performance.now();
  const directory = await demoDirectory(call);
  const settings = demoSettings(call, directory);
  const logFile = path.join(directory, "daemon.log");
  const stages = openStages(terminal);

  await using resources = createResources();
  const bucket = resources.use(await openBucket(settings.bucket, { signal }));
  const queue = resources.use(await openNamedQueue(settings.taskQueue, signal));
  const bytes = await stages.run("inputs", dataset.names.length, (done) => makeInputs(bucket, done, signal));
  await stages.run("schedule", demoTasks.length, (done) =>
    schedule(queue, demoTasks, { signal, onProgress: ({ scheduled }) => done(scheduled) }),
  );
  const run = await stages.run("daemon", demoTasks.length, async (done) => {
    using _watch = watch(queue, done);
    return await runDaemon({ words: daemonWords(settings, call), directory, logFile, signal });
  });
  const wrong = await compare(bucket, stages, signal);

  const seconds = (performance.now() - started) / 1000;
  if (flags.json === true) {
    await terminal.print(JSON.stringify({ ...run, bytes, seconds, wrong, ...places(settings, logFile) }));
  } else {
    const rows = [...summary(run, bytes, seconds, wrong), ...Object.entries(places(settings, logFile))];
    for (const line of ["", ...table(rows)]) await terminal.print(line);
  }
  for (const name of wrong)
    terminal.tell(`${dataset.outputKey(name)} differs from ${dataset.inputKey(name)}`);
  return wrong.length === 0 && run.failed === 0 ? exitCodes.done : exitCodes.failed;
}

async function demoDirectory({ flags, currentDirectory, terminal }: Call<DemoFlags>): Promise<string> {
  if (flags.dir === undefined) {
    const directory = await mkdtemp(path.join(os.tmpdir(), "simpletasks-demo-"));
    terminal.tell(`everything lies in ${directory}, until you remove it`);
    return directory;
  }
  const directory = path.resolve(currentDirectory, flags.dir);
  await makeDirectory(directory);
  return directory;
}

/**
 * Flags, then places under the directory. What environment and workspace say is for real work: it counts only when a
 * profile or a file is asked for.
 */
function demoSettings(call: Call<DemoFlags>, directory: string): Settings {
  if (call.flags.profile !== undefined || call.flags.config !== undefined) return settingsOf(call);
  const words = { task_queue: "sqlite:queue.db?queue=tasks", bucket: "file:bucket", cache: "cache" };
  return resolveSettings({
    commandLine: [flagLayer(call), layerOfWords(words, directory, () => ({ kind: "flag", flag: "--dir" }))],
    environment: {},
    currentDirectory: call.currentDirectory,
    file: undefined,
    profile: undefined,
  });
}

/** What the daemon is told, so that nothing but this counts there either. */
function daemonWords(settings: Settings, { flags }: Call<DemoFlags>): string[] {
  const said = {
    "--config": "none",
    "--task-queue": settings.taskQueue,
    "--error-queue": settings.errorQueue,
    "--done-queue": settings.doneQueue ?? "none",
    "--bucket": settings.bucket,
    "--cache": settings.cache,
    "--lease": String(settings.leaseSeconds),
    "--workers": String(settings.workers),
    "--attempts": String(settings.attempts),
    "--poll": flags.poll ?? "1",
  };
  return Object.entries(said).flat();
}

/** Looks at the queue while the daemon, another process, empties it. */
function watch(queue: Queue, done: (count: number) => void): Disposable {
  const look = async (): Promise<void> => {
    const { visible, leased, delayed } = await queue.stats();
    done(Math.max(0, demoTasks.length - visible - leased - delayed));
  };
  // A look that fails tells nothing; the daemon will say what is wrong with the queue.
  const timer = setInterval(() => void look().catch(() => {}), 200);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** The names of outputs that are missing or differ from their inputs. */
async function compare(bucket: Bucket, stages: Stages, signal: AbortSignal): Promise<string[]> {
  const { names } = dataset;
  const wrong: string[] = [];
  await stages.run("compare", names.length, async (done) => {
    for (const [index, name] of names.entries()) {
      if (!(await outputIsRight(bucket, name, signal))) wrong.push(name);
      done(index + 1);
    }
  });
  return wrong;
}

function summary(run: DaemonRun, bytes: number, seconds: number, wrong: readonly string[]): string[][] {
  const fetches = demoTasks.reduce((sum, task) => sum + task.inputs.length, 0);
  const hits = Math.max(0, fetches - run.cache_downloads);
  const right = dataset.names.length - wrong.length;
  return [
    ["tasks", `${run.succeeded} done, ${run.failed} failed`],
    ["outputs", `${right} of ${dataset.names.length} equal to their inputs, byte for byte`],
    ["bytes", `${bytesText(bytes)} of inputs`],
    ["cache hits", `${hits} of ${fetches} inputs came from the cache`],
    ["seconds", `${seconds.toFixed(1)}, of which the daemon ${run.seconds.toFixed(1)}`],
  ];
}

function places(settings: Settings, logFile: string): Record<string, string> {
  const { bucket, cache, taskQueue, errorQueue, doneQueue } = settings;
  return {
    bucket,
    cache,
    "task queue": taskQueue,
    "error queue": errorQueue,
    "done queue": doneQueue ?? "none",
    "daemon log": logFile,
  };
}
