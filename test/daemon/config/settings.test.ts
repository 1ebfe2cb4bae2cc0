import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { classicLayer } from "../../../daemon/config/classic-form.ts";
import { describeOrigin, layerOfWords, type Layer, type SettingName } from "../../../daemon/config/layers.ts";
import { resolveSettings, type Settings, type SettingsSources } from "../../../daemon/config/settings.ts";
import { findWorkspaceFile, readWorkspaceFile } from "../../../daemon/config/workspace-file.ts";
import { isSimpleTasksError, type SimpleTasksError } from "../../../shared/errors.ts";

let directory: string;

beforeEach(() => {
  directory = realpathSync(mkdtempSync(path.join(os.tmpdir(), "simpletasks-settings-")));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function settings(sources: Partial<SettingsSources> = {}): Settings {
  const currentDirectory = sources.currentDirectory ?? directory;
  const found = findWorkspaceFile(currentDirectory);
  return resolveSettings({
    commandLine: [],
    environment: {},
    currentDirectory,
    file: found === undefined ? undefined : readWorkspaceFile(found),
    profile: undefined,
    ...sources,
  });
}

function refusal(sources: Partial<SettingsSources>): SimpleTasksError {
  try {
    settings(sources);
  } catch (error) {
    if (isSimpleTasksError(error)) return error;
    throw error;
  }
  throw new Error("the settings were taken");
}

function flags(words: { readonly [Name in SettingName]?: string }): Layer {
  return layerOfWords(words, directory, (name) => ({ kind: "flag", flag: `--${name.replace("_", "-")}` }));
}

function writeWorkspace(contents: unknown): void {
  writeFileSync(path.join(directory, "simpletasks.json"), JSON.stringify(contents, undefined, 1));
}

const sqlite = (queue: string): string => `sqlite://${directory}/.simpletasks/queue.db?queue=${queue}`;

describe("without a word", () => {
  it("everything lies in .simpletasks of the current folder", () => {
    expect(settings()).toMatchObject({
      workspace: directory,
      file: undefined,
      tasks: [],
      engines: "local",
      taskQueue: sqlite("tasks"),
      errorQueue: sqlite("tasks-errors"),
      doneQueue: sqlite("tasks-done"),
      bucket: `file://${directory}/.simpletasks/bucket`,
      cache: path.join(directory, ".simpletasks", "cache"),
      workers: os.availableParallelism(),
      leaseSeconds: 60,
      attempts: 3,
      maxDeliveries: 100,
      cacheBytes: undefined,
      pollSeconds: 5,
      reportDays: 14,
      isolation: "process",
    });
  });

  it("a workspace's task files are those under tasks/", () => {
    writeWorkspace({});
    expect(settings().tasks).toEqual(["tasks/**/*.task.ts"]);
  });
});

describe("what counts", () => {
  it("flags before environment before file before defaults, and each origin is told", () => {
    writeWorkspace({
      profiles: { local: { task_queue: "from-file", bucket: "from-file", cache: "from-file" } },
    });
    const environment = { TASK_QUEUE: "from-environment", BUCKET_NAME: "from-environment" };
    const resolved = settings({ environment, commandLine: [flags({ task_queue: "from-flag" })] });
    expect(resolved.taskQueue).toBe(sqlite("from-flag"));
    expect(resolved.bucket).toBe(`file://${directory}/.simpletasks/buckets/from-environment`);
    expect(resolved.cache).toBe(path.join(directory, "from-file"));
    const { origins } = resolved;
    expect(describeOrigin(origins.task_queue)).toBe("--task-queue");
    expect(describeOrigin(origins.bucket)).toBe("$BUCKET_NAME");
    expect(describeOrigin(origins.cache)).toBe(`${directory}/simpletasks.json:6`);
    expect(describeOrigin(origins.error_queue)).toBe("default");
  });

  it("an empty variable counts as not given", () => {
    expect(settings({ environment: { TASK_QUEUE: "", DONE_QUEUE: "" } }).doneQueue).toBe(
      sqlite("tasks-done"),
    );
  });

  it("a wrong word names where it stands", () => {
    expect(refusal({ environment: { POLL_FREQUENCY_SECONDS: "often" } }).message).toBe(
      '$POLL_FREQUENCY_SECONDS must be a number of 0.1 … 3600 seconds, not "often"',
    );
    expect(refusal({ environment: { BUCKET_NAME: "a/b" } }).message).toBe(
      '$BUCKET_NAME: "a/b" is no name of a bucket',
    );
    expect(refusal({ environment: { SIMPLETASKS_ENGINES: "aw" } }).message).toContain('did you mean "aws"?');
  });
});

describe("paths", () => {
  it("of the file are relative to its folder, of flags to where they were typed", () => {
    writeWorkspace({ profiles: { local: { task_queue: "sqlite:q.db?queue=a", bucket: "file:data" } } });
    const inner = path.join(directory, "inner");
    const typed = layerOfWords({ cache: "c", error_queue: "sqlite:e.db" }, inner, () => ({
      kind: "flag",
      flag: "--x",
    }));
    expect(settings({ currentDirectory: inner, commandLine: [typed] })).toMatchObject({
      taskQueue: `sqlite://${directory}/q.db?queue=a`,
      doneQueue: `sqlite://${directory}/q.db?queue=a-done`,
      errorQueue: `sqlite://${inner}/e.db?queue=tasks`,
      bucket: `file://${directory}/data`,
      cache: path.join(inner, "c"),
    });
  });

  it("a path in place of a name is refused, with what to write instead", () => {
    const error = refusal({ commandLine: [flags({ bucket: "./data" })] });
    expect(error.code).toBe("config_invalid");
    expect(error.hint).toContain("file:PATH");
  });
});

describe("a place that cannot be", () => {
  it.each([
    [
      { task_queue: "sqllite:x.db" },
      'the queue "sqllite:x.db" has the unknown scheme "sqllite"; did you mean "sqlite"?',
    ],
    [{ done_queue: "carrot:x" }, 'the queue "carrot:x" has the unknown scheme "carrot"'],
    [{ bucket: "fil:x" }, 'the bucket "fil:x" has the unknown scheme "fil"; did you mean "file"?'],
    [{ cache: "file:cache" }, 'the cache is a folder, and "file:cache" is a URL'],
    [{ error_queue: "sqlite:" }, "sqlite:: it names no file."],
    [{ bucket: "a b" }, '"a b" is no name of a bucket'],
  ])("%j is told with file and line", (profile, message) => {
    writeWorkspace({ profiles: { local: profile } });
    expect(refusal({}).message).toBe(`${directory}/simpletasks.json:4: ${message}`);
  });

  it("a folder whose name looks like a URL can be the cache all the same", () => {
    expect(settings({ commandLine: [flags({ cache: "./file:cache" })] }).cache).toBe(
      path.join(directory, "file:cache"),
    );
  });
});

describe("numbers of the daemon", () => {
  it("are taken from the file, the environment and flags", () => {
    writeWorkspace({ daemon: { report_days: 0, attempts: 5, workers: 7 } });
    const environment = { SIMPLETASKS_REPORT_DAYS: "0.5" };
    expect(settings()).toMatchObject({ reportDays: 0, attempts: 5, workers: 7 });
    expect(settings({ environment }).reportDays).toBe(0.5);
    const resolved = settings({ environment, commandLine: [flags({ report_days: "30" })] });
    expect(resolved.reportDays).toBe(30);
    expect(describeOrigin(settings().origins.report_days)).toBe(`${directory}/simpletasks.json:3`);
  });
});

describe("engines", () => {
  it("aws: SQS and S3; hybrid: SQS and Google Cloud Storage", () => {
    const names = { task_queue: "jobs", bucket: "data" };
    expect(settings({ commandLine: [flags({ ...names, engines: "aws" })] })).toMatchObject({
      taskQueue: "sqs://jobs",
      errorQueue: "sqs://jobs-errors",
      doneQueue: "sqs://jobs-done",
      bucket: "s3://data",
    });
    expect(settings({ commandLine: [flags({ ...names, engines: "hybrid" })] }).bucket).toBe("gs://data");
  });

  it("of the cloud have no default queue and no default bucket", () => {
    expect(refusal({ commandLine: [flags({ engines: "aws" })] }).message).toBe(
      'no task_queue is given, and engines "aws" (--engines) have no default',
    );
    expect(refusal({ commandLine: [flags({ engines: "aws", task_queue: "q" })] }).message).toContain(
      "no bucket",
    );
  });
});

describe("a queue of reports", () => {
  it.each([
    ["error_queue", { ERROR_QUEUE: "jobs" }, "error_queue ($ERROR_QUEUE) and task_queue (--task-queue)"],
    ["done_queue", { DONE_QUEUE: "jobs" }, "done_queue ($DONE_QUEUE) and task_queue (--task-queue)"],
    [
      "error_queue as a URL",
      { ERROR_QUEUE: "sqlite:./.simpletasks/../.simpletasks/queue.db?queue=jobs" },
      "error_queue ($ERROR_QUEUE) and task_queue (--task-queue)",
    ],
  ])("that is the task queue is refused: %s", (_what, environment, settings) => {
    const error = refusal({ environment, commandLine: [flags({ task_queue: "jobs" })] });
    expect(error.code).toBe("config_invalid");
    expect(error.message).toBe(`${settings} are the same queue, ${sqlite("jobs")}`);
  });
});

describe("the done queue", () => {
  it("is none where that is said", () => {
    expect(settings({ commandLine: [flags({ done_queue: "none" })] }).doneQueue).toBeUndefined();
    writeWorkspace({ profiles: { local: { done_queue: "none" } } });
    expect(settings().doneQueue).toBeUndefined();
  });

  it("is none where the environment names the task queue and no done queue, whatever the file says", () => {
    writeWorkspace({ profiles: { local: { done_queue: "from-file" } } });
    expect(settings({ environment: { TASK_QUEUE: "q" } }).doneQueue).toBeUndefined();
    expect(settings({ environment: { TASK_QUEUE: "q", DONE_QUEUE: "d" } }).doneQueue).toBe(sqlite("d"));
    expect(settings().doneQueue).toBe(sqlite("from-file"));
  });
});

describe("the classic form", () => {
  it("has five words, and six with a done queue", () => {
    const five = settings({ commandLine: [classicLayer(["t", "e", "b", "c", "7"], directory)] });
    expect(five).toMatchObject({
      taskQueue: sqlite("t"),
      errorQueue: sqlite("e"),
      doneQueue: undefined,
      bucket: `file://${directory}/.simpletasks/buckets/b`,
      cache: path.join(directory, "c"),
      pollSeconds: 7,
    });
    const six = settings({ commandLine: [classicLayer(["t", "e", "d", "b", "c", "7"], directory)] });
    expect(six).toMatchObject({ doneQueue: sqlite("d"), bucket: five.bucket, pollSeconds: 7 });
  });

  it("counts before the environment, after flags", () => {
    const commandLine = [flags({ bucket: "flag" }), classicLayer(["t", "e", "b", "c", "7"], directory)];
    const resolved = settings({ commandLine, environment: { ERROR_QUEUE: "x", DONE_QUEUE: "kept" } });
    expect(resolved.bucket).toContain("/flag");
    expect(resolved.errorQueue).toBe(sqlite("e"));
  });

  it("of another length is refused with the form", () => {
    expect(() => classicLayer(["t", "e"], directory)).toThrow(/five or six words, not 2/);
  });
});

describe("profiles", () => {
  it("are taken by name: asked for, else the file's, else the only one, else local", () => {
    const profiles = { local: { task_queue: "l" }, cluster: { task_queue: "c" } };
    writeWorkspace({ profiles });
    expect(settings()).toMatchObject({ profile: "local", taskQueue: sqlite("l") });
    expect(settings({ profile: "cluster" })).toMatchObject({ profile: "cluster", taskQueue: sqlite("c") });
    writeWorkspace({ profile: "cluster", profiles });
    expect(settings().profile).toBe("cluster");
    writeWorkspace({ profiles: { only: { task_queue: "o" } } });
    expect(settings().profile).toBe("only");
  });

  it("that name nothing have the same places as no profile", () => {
    const {
      profile: _none,
      file: _noFile,
      tasks: _noTasks,
      taskOrigins: _noOrigins,
      ...without
    } = settings();
    writeWorkspace({ profiles: { local: {} } });
    expect(settings()).toMatchObject({ ...without, profile: "local" });
  });

  it("that are not there, or several without a choice, are refused", () => {
    writeWorkspace({ profiles: { a: {}, b: {} } });
    expect(refusal({}).message).toContain("has several profiles and names none");
    expect(refusal({ profile: "c" }).code).toBe("config_invalid");
  });
});
