import { lstat } from "node:fs/promises";
import path from "node:path";
import { SimpleTasksError } from "../../shared/errors.ts";
import { makeDirectory } from "../../shared/make-directory.ts";
import type { Environment } from "./environment.ts";

/** The machine that directories are chosen for; injected, so that each platform's rules can be tested on any. */
export interface Host {
  readonly platform: NodeJS.Platform;
  readonly environment: Environment;
  readonly home: string;
}

/** Where a person's machine state lies: sockets, discovery, ledgers, logs. */
export interface MachineDirectories {
  /** Survives reboots. */
  readonly state: string;
  /** For sockets and what else a reboot may remove. */
  readonly runtime: string;
}

/** XDG's state and runtime directories; LocalAppData on Windows. Relative values in the environment are ignored, as XDG says. */
export function machineDirectories({ platform, environment, home }: Host): MachineDirectories {
  if (platform === "win32") {
    const local =
      absolute(environment["LOCALAPPDATA"], path.win32) ?? path.win32.join(home, "AppData", "Local");
    const state = path.win32.join(local, "SimpleTasks");
    return { state, runtime: path.win32.join(state, "run") };
  }
  const base =
    absolute(environment["XDG_STATE_HOME"], path.posix) ?? path.posix.join(home, ".local", "state");
  const state = path.posix.join(base, "simpletasks");
  const runtime = absolute(environment["XDG_RUNTIME_DIR"], path.posix);
  return { state, runtime: path.posix.join(runtime ?? state, runtime === undefined ? "run" : "simpletasks") };
}

/**
 * Makes a directory that this user alone can enter, or finds that it is one.
 * @throws `config_invalid` when it is a link, belongs to somebody else or is open to others.
 */
export async function ensurePrivateDirectory(directory: string): Promise<void> {
  await makeDirectory(directory, 0o700);
  const found = await lstat(directory);
  const refuse = (reason: string, hint: string): never => {
    throw new SimpleTasksError("config_invalid", `${directory} ${reason}: it is not used`, { hint });
  };
  if (!found.isDirectory())
    refuse("is no directory of its own", "Remove it, or set XDG_STATE_HOME to another place.");
  // Windows keeps LocalAppData private by its access lists; Node shows neither owner nor mode there.
  if (process.getuid === undefined) return;
  if (found.uid !== process.getuid()) {
    refuse(`belongs to another user (${found.uid})`, "Set XDG_STATE_HOME to a directory of your own.");
  }
  if ((found.mode & 0o077) !== 0) refuse("is open to other users", `Close it: chmod 700 ${directory}`);
}

function absolute(value: string | undefined, rules: path.PlatformPath): string | undefined {
  return value !== undefined && rules.isAbsolute(value) ? value : undefined;
}
