import path from "node:path";
import { layerOfWords, type Layer, type SettingName } from "../config/layers.ts";
import {
  resolveNames,
  resolveSettings,
  type Names,
  type Settings,
  type SettingsSources,
} from "../config/settings.ts";
import type { Environment } from "../config/environment.ts";
import { findWorkspaceFile, readWorkspaceFile, type WorkspaceFile } from "../config/workspace-file.ts";
import type { Signals } from "./signals.ts";
import type { Terminal } from "./terminal.ts";

/** One run of one command: its words, and the world it runs in. `Own` are the flags that only this command has. */
export interface Call<Own extends object = object> {
  /** What follows the command and is no flag. */
  readonly words: readonly string[];
  readonly flags: Flags & Own;
  readonly terminal: Terminal;
  readonly environment: Environment;
  readonly currentDirectory: string;
  readonly signals: Signals;
}

/** Runs to its end and gives the exit code; what it throws is explained to the person. */
export type Command<Own extends object = object> = (call: Call<Own>) => Promise<number>;

/** Flags that several commands share, as they were typed; each command declares those that it takes. */
export interface Flags {
  readonly taskQueue?: string;
  readonly errorQueue?: string;
  readonly doneQueue?: string;
  readonly bucket?: string;
  readonly cache?: string;
  readonly engines?: string;
  readonly lease?: string;
  readonly profile?: string;
  readonly config?: string;
  readonly json?: boolean;
  readonly workers?: string;
  readonly isolation?: string;
  readonly poll?: string;
  readonly attempts?: string;
  readonly reportDays?: string;
  readonly yes?: boolean;
}

/**
 * The settings that this call sees: flags and `more` layers of its words, environment, `simpletasks.json`, defaults.
 * @throws `config_invalid`
 */
export function settingsOf(call: Call, ...more: readonly Layer[]): Settings {
  return resolveSettings(sourcesOf(call, more));
}

/** What a name typed in this call is resolved by. @throws `config_invalid` */
export function namesOf(call: Call): Names {
  return resolveNames(sourcesOf(call));
}

function sourcesOf(call: Call, more: readonly Layer[] = []): SettingsSources {
  return {
    commandLine: [flagLayer(call), ...more],
    environment: call.environment,
    currentDirectory: call.currentDirectory,
    file: workspaceFileOf(call.flags.config ?? call.environment["SIMPLETASKS_CONFIG"], call.currentDirectory),
    profile: call.flags.profile ?? call.environment["SIMPLETASKS_PROFILE"],
  };
}

/** What the flags say of settings. */
export function flagLayer({ flags, currentDirectory }: Call): Layer {
  const words = {
    task_queue: flags.taskQueue,
    error_queue: flags.errorQueue,
    done_queue: flags.doneQueue,
    bucket: flags.bucket,
    cache: flags.cache,
    engines: flags.engines,
    lease_seconds: flags.lease,
    workers: flags.workers,
    isolation: flags.isolation,
    poll_seconds: flags.poll,
    attempts: flags.attempts,
    report_days: flags.reportDays,
  };
  return layerOfWords(words, currentDirectory, (name) => ({ kind: "flag", flag: flagNames[name] }));
}

/** The flag of each setting; one that has none is shown by its key. */
export const flagNames: Readonly<Record<SettingName, string>> = {
  task_queue: "--task-queue",
  error_queue: "--error-queue",
  done_queue: "--done-queue",
  bucket: "--bucket",
  cache: "--cache",
  engines: "--engines",
  lease_seconds: "--lease",
  workers: "--workers",
  isolation: "--isolation",
  poll_seconds: "--poll",
  attempts: "--attempts",
  max_deliveries: "max_deliveries",
  cache_bytes: "cache_bytes",
  report_days: "--report-days",
};

/** The file that is named, the nearest one, or, for `none`, no file. */
function workspaceFileOf(named: string | undefined, currentDirectory: string): WorkspaceFile | undefined {
  if (named === "none") return undefined;
  const file =
    named === undefined || named === ""
      ? findWorkspaceFile(currentDirectory)
      : path.resolve(currentDirectory, named);
  return file === undefined ? undefined : readWorkspaceFile(file);
}
