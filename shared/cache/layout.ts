import { lstatSync, realpathSync, type Stats } from "node:fs";
import path from "node:path";
import { SimpleTasksError, messageOf } from "../errors.ts";
import { deniedFolder } from "../denied.ts";
import { makeDirectorySync } from "../make-directory.ts";
import { PRIVATE_DIRECTORY } from "./paths.ts";

/** The places in one cache directory. All paths are absolute. */
export interface Layout {
  readonly directory: string;
  readonly indexFile: string;
  /** One lock file per process that has the cache open. */
  readonly owners: string;
  /** One folder per owner: what tasks and staged puts write. */
  readonly work: string;
  /** One folder per owner: downloads that are not whole yet, and files on their way out. */
  readonly partial: string;
  /** Entries whose key cannot have the file that mirrors it. */
  readonly folded: string;
  /** Modes of what is made here: for the user alone, or as the umask says where the cache is shared. */
  readonly directoryMode: number;
  readonly fileMode: number;
}

/**
 * Makes the cache directory and what lies under it.
 * @throws `cache_refused` when others could put files into it: it belongs to another user, or they may enter it,
 * unless `shared`; or when something stands where its own folders belong.
 */
export function prepareLayout(wanted: string, shared: boolean): Layout {
  const directoryMode = shared ? 0o777 : 0o700;
  const directory = makeCacheDirectory(wanted, directoryMode);
  if (!shared) refuseUnsafe(directory);
  const own = path.join(directory, PRIVATE_DIRECTORY);
  const layout: Layout = {
    directory,
    indexFile: path.join(own, "index.db"),
    owners: path.join(own, "owners"),
    work: path.join(own, "work"),
    partial: path.join(own, "partial"),
    folded: path.join(own, "folded"),
    directoryMode,
    fileMode: shared ? 0o666 : 0o600,
  };
  ensureFolders(layout);
  return layout;
}

/** Makes the folders of ours that are not there: at the start, and when somebody has emptied the cache under us. */
export function ensureFolders(layout: Layout): void {
  const own = path.dirname(layout.indexFile);
  for (const folder of [own, layout.owners, layout.work, layout.partial, layout.folded]) {
    try {
      makeDirectorySync(folder, layout.directoryMode);
    } catch {
      // It exists, or the check below says what stands there.
    }
    const denied = deniedFolder(folder);
    if (denied !== undefined) throw unusable(layout.directory, `you may not enter ${denied}`);
    const stats = lstatSync(folder, { throwIfNoEntry: false });
    if (stats === undefined) throw unusable(layout.directory, `you may not write in ${path.dirname(folder)}`);
    if (!stats.isDirectory()) {
      throw refused(layout.directory, `its "${path.relative(layout.directory, folder)}" is not a directory`);
    }
  }
}

function makeCacheDirectory(wanted: string, mode: number): string {
  try {
    makeDirectorySync(path.dirname(path.resolve(wanted)));
    makeDirectorySync(wanted, mode);
    return realpathSync(wanted);
  } catch (cause) {
    throw unusable(wanted, messageOf(cause), cause);
  }
}

function refuseUnsafe(directory: string): void {
  const stats: Stats = lstatSync(directory);
  const user = process.getuid?.();
  if (user === undefined) return; // Windows: the user's own profile is protected by its access list
  if (stats.uid !== user) throw refused(directory, `it belongs to user ${stats.uid}, not to you (${user})`);
  if ((stats.mode & 0o077) !== 0) {
    throw refused(directory, `others may enter it (mode ${(stats.mode & 0o777).toString(8)})`);
  }
}

/** Whatever modes the directory itself gets. */
function unusable(directory: string, why: string, cause?: unknown): SimpleTasksError {
  return new SimpleTasksError("cache_refused", `the cache directory ${directory} cannot be used: ${why}`, {
    hint: "choose another directory",
    about: { cache: directory },
    cause,
  });
}

function refused(directory: string, why: string): SimpleTasksError {
  return new SimpleTasksError("cache_refused", `the cache directory ${directory} cannot be used: ${why}`, {
    hint: `run "chmod 700 ${directory}", choose another directory, or pass --shared-cache to share it on purpose`,
    about: { cache: directory },
  });
}
