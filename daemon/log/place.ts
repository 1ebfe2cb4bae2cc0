import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { messageOf, SimpleTasksError } from "../../shared/errors.ts";
import { ensurePrivateDirectory, machineDirectories } from "../config/directories.ts";
import type { Environment } from "../config/environment.ts";

/** Where the daemons of one workspace on one machine write their log. */
export interface LogPlace {
  /** The user's state directory for SimpleTasks. */
  readonly state: string;
  /** `STATE/logs/FOLDER-HASH`: the workspace's folder by its name, told apart from others of that name by its path. */
  readonly directory: string;
  /** The file that is being written; named after the machine, since homes are shared between machines. */
  readonly file: string;
}

/** @throws `config_invalid` where the user has no home, and the environment names no state directory. */
export function logPlace(workspace: string, environment: Environment): LogPlace {
  const { state } = machineDirectories({
    platform: process.platform,
    environment,
    home: homeOf(environment),
  });
  const folder = realPath(workspace);
  const hash = createHash("sha256").update(folder).digest("hex").slice(0, 8);
  const directory = path.join(state, "logs", `${nameFrom(path.basename(folder))}-${hash}`);
  return { state, directory, file: path.join(directory, `${nameFrom(os.hostname())}.log`) };
}

/** Makes the directories, for this user alone. @throws `config_invalid` when others may enter one; what the file system says */
export async function makeLogDirectory({ state, directory }: LogPlace): Promise<void> {
  for (const each of [state, path.dirname(directory), directory]) await ensurePrivateDirectory(each);
}

function homeOf(environment: Environment): string {
  try {
    return os.homedir();
  } catch (cause) {
    // A user id without an entry in the system's user list, usual in containers.
    if (path.isAbsolute(environment["XDG_STATE_HOME"] ?? "")) return "";
    throw new SimpleTasksError("config_invalid", `there is no home directory: ${messageOf(cause)}`, {
      hint: "Set HOME or XDG_STATE_HOME.",
      cause,
    });
  }
}

/** The same folder by another way, through a link, is the same workspace. */
function realPath(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return path.resolve(folder);
  }
}

function nameFrom(text: string): string {
  return text.replaceAll(/[^\w.-]/g, "_").slice(0, 64) || "root";
}
