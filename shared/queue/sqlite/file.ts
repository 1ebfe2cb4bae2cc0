import { closeSync, fsyncSync, openSync } from "node:fs";
import path from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { SimpleTasksError } from "../../errors.ts";
import { makeDirectorySync } from "../../make-directory.ts";
import { loadSqlite } from "../../sqlite.ts";
import { busyError, damagedError, isBusy, sqliteError } from "./errors.ts";
import { integer, prepareQuery } from "./rows.ts";
import { applicationId, fileSchema, migrationFrom1, schemaVersion } from "./schema.ts";

export interface OpenFileOptions {
  /** Absolute. Its directory is made when it is missing. */
  readonly file: string;
  /** How long to wait while another program holds the file, in seconds. */
  readonly busySeconds: number;
}

/**
 * Opens a queue file, making it when there is none. Any number of processes may do so at once.
 * What is not a queue file is left as it is: it is judged through a connection that cannot write.
 *
 * @throws `queue_damaged`, `queue_busy`, `io`
 */
export function openFile({ file, busySeconds }: OpenFileOptions): DatabaseSync {
  const deadline = performance.now() + busySeconds * 1000;
  try {
    create(file);
    const kind = patiently(file, deadline, () => judge(file));
    return patiently(file, deadline, () => (kind === "ours" ? connect(file) : bringUp(file)));
  } catch (error) {
    throw sqliteError(error, file);
  }
}

/** An empty file, for its owner alone. `wx` also sees to it that a file in use is never opened, and so closed, here: that would drop SQLite's locks. */
function create(file: string): void {
  const directory = path.dirname(file);
  makeDirectorySync(directory, 0o700);
  try {
    closeSync(openSync(file, "wx", 0o600));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return;
    throw error;
  }
  if (process.platform === "win32") return;
  const handle = openSync(directory, "r");
  fsyncSync(handle);
  closeSync(handle);
}

/** `old`: of layout 1. */
type Kind = "ours" | "old" | "empty";

function judge(file: string): Kind {
  const { DatabaseSync } = loadSqlite();
  const database = new DatabaseSync(file, { readOnly: true, timeout: 0 });
  try {
    return kindOf(database, file);
  } finally {
    database.close();
  }
}

function kindOf(database: DatabaseSync, file: string): Kind {
  const row = prepareQuery(
    database,
    `SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version), count(*)
     FROM sqlite_schema`,
  ).first();
  const [application, version, tables] = [integer(row, 0), integer(row, 1), integer(row, 2)];
  if (application === 0 && version === 0 && tables === 0) return "empty";
  if (application !== applicationId) throw damagedError(file, "it is another program's database");
  if (version > schemaVersion) {
    throw new SimpleTasksError(
      "queue_damaged",
      `${file} was made by a newer version of SimpleTasks (layout ${version}, this one knows ${schemaVersion}).`,
      {
        hint: "Update SimpleTasks, or use another file.",
        about: { file },
      },
    );
  }
  if (version === 1) return "old";
  if (version !== schemaVersion) throw damagedError(file, `its layout has the unknown version ${version}`);
  return "ours";
}

/** Gives an empty or old file the layout of today. */
function bringUp(file: string): DatabaseSync {
  const database = connect(file, "PRAGMA auto_vacuum = INCREMENTAL;");
  try {
    database.exec("BEGIN IMMEDIATE");
    // Another process may have done it in the meantime.
    const kind = kindOf(database, file);
    if (kind === "empty") database.exec(`${fileSchema} PRAGMA application_id = ${applicationId}`);
    if (kind === "old") database.exec(migrationFrom1);
    if (kind !== "ours") database.exec(`PRAGMA user_version = ${schemaVersion}`);
    database.exec("COMMIT");
    if (kind === "old") letShrink(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * A file of layout 1 was made without the means to give pages back, which takes a copy of all of it. A small one is
 * copied now, unless somebody is using it; a large one only ever uses its pages again.
 */
function letShrink(database: DatabaseSync): void {
  const pages = integer(prepareQuery(database, "PRAGMA page_count").first(), 0);
  if (pages > largestCopy) return;
  try {
    database.exec("VACUUM");
  } catch {
    // The file is whole and of today's layout, only not able to shrink.
  }
}

/** In pages: 16 MB, about a tenth of a second. */
const largestCopy = 2048;

/**
 * `synchronous` is set for each transaction by the store. A larger page and a later checkpoint than SQLite's own make
 * bulk sends a third faster; `journal_size_limit` gives the disk back after a burst.
 *
 * @param first SQL for a file without a page, or one that will be copied: `auto_vacuum` takes effect there alone, and on
 *   any other file it would wait for the write lock.
 */
function connect(file: string, first = ""): DatabaseSync {
  const { DatabaseSync } = loadSqlite();
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec(`PRAGMA page_size = 8192; ${first} PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 2000;
      PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Repeats `attempt` while others hold the file: opening takes locks for which there is no line. */
function patiently<Result>(file: string, deadline: number, attempt: () => Result): Result {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (performance.now() >= deadline) throw busyError(file, error);
      Atomics.wait(sleeper, 0, 0, 2);
    }
  }
}
