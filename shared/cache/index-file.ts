import { renameSync, rmSync, statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { messageOf, SimpleTasksError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import {
  loadSqlite,
  SQLITE_BUSY,
  SQLITE_CORRUPT,
  SQLITE_FULL,
  SQLITE_NOTADB,
  sqliteCode,
} from "../sqlite.ts";
import { type IndexRows, prepareRows } from "./index-rows.ts";
import { SCHEMA, SCHEMA_VERSION } from "./index-schema.ts";

/** How long one process waits for another's transaction; they take microseconds. */
const BUSY_MILLISECONDS = 10_000;
/** Pages in the write-ahead log before they are moved to the file, which costs an fsync: 16 MiB. */
const CHECKPOINT_PAGES = 4096;

/** How long the file is taken to be still there before that is looked at again. */
const LOOK_MILLISECONDS = 20;

/**
 * The index: an SQLite file that all processes on one cache directory share. It can be rebuilt: a damaged one is set
 * aside, and the files of the directory then count as files that we did not write.
 */
export interface CacheIndex {
  /** Runs `work` alone on the machine; all of it holds or nothing. `work` must not wait. */
  transaction<T>(work: (rows: IndexRows) => T): T;
  /** Runs `work` on what was committed last. */
  read<T>(work: (rows: IndexRows) => T): T;
  close(): void;
}

export interface IndexOptions {
  readonly file: string;
  readonly log: Logger;
  /** Makes the folder of the file again when somebody removed it. */
  ensureFolder(): void;
  /** A new connection is open, on the first file or on one that took its place: what this process holds must be entered. */
  onOpen(index: CacheIndex): void;
}

/** @throws `io` when the file can be neither used nor set aside. */
export function openIndex(options: IndexOptions): CacheIndex {
  const { file } = options;
  let connection: Connection | undefined;
  /** When the file was last seen under its name, by `performance.now`. */
  let lookedAt = 0;
  let closed = false;

  /**
   * The connection, on the file that has the name now: others may have set the old one aside, or removed the cache.
   * Reading may see an old one a little longer; what it finds is compared with the files in any case.
   */
  function current(forWriting: boolean, damage?: Damage): Connection {
    if (closed) throw new SimpleTasksError("closed", "the cache is closed");
    const now = performance.now();
    if (connection !== undefined && damage === undefined) {
      if (!forWriting && now - lookedAt < LOOK_MILLISECONDS) return connection;
      lookedAt = now;
      if (inodeOf(file) === connection.inode) return connection;
    }
    lookedAt = now;
    connection?.close();
    connection = undefined;
    options.ensureFolder();
    connection = connect(file, options.log, damage);
    options.onOpen(index);
    return connection;
  }

  /** Runs `work`, and once more on a fresh index when this one turns out to be damaged. */
  function attempt<T>(forWriting: boolean, work: (connection: Connection) => T): T {
    const used = current(forWriting);
    let damage: Damage;
    try {
      return work(used);
    } catch (error) {
      if (!isDamage(error)) throw translate(file, error);
      damage = { inode: used.inode, reason: error };
      used.close();
      connection = undefined;
    }
    try {
      return work(current(forWriting, damage));
    } catch (error) {
      throw translate(file, error);
    }
  }

  const index: CacheIndex = {
    transaction: (work) => attempt(true, (connection) => connection.transaction(work)),
    read: (work) => attempt(false, (connection) => work(connection.rows)),
    close() {
      closed = true;
      connection?.close();
    },
  };
  current(true);
  return index;
}

interface Connection {
  readonly inode: string;
  readonly rows: IndexRows;
  transaction<T>(work: (rows: IndexRows) => T): T;
  close(): void;
}

/** A file found damaged while it was in use. */
interface Damage {
  readonly inode: string;
  readonly reason: unknown;
}

function connect(file: string, log: Logger, damage?: Damage): Connection {
  const { DatabaseSync } = loadSqlite();
  // Opening is done one process at a time: it may set the file aside, and two that switch a new file to
  // write-ahead logging at once fail without waiting.
  const turn = new DatabaseSync(`${file}.turn`, { timeout: BUSY_MILLISECONDS });
  try {
    turn.exec("BEGIN EXCLUSIVE");
    if (damage !== undefined && inodeOf(file) === damage.inode) setAside(file, log, damage.reason);
    try {
      return open(file);
    } catch (error) {
      if (!isDamage(error)) throw error;
      setAside(file, log, error);
      return open(file);
    }
  } catch (error) {
    throw translate(file, error);
  } finally {
    turn.close();
  }
}

function open(file: string): Connection {
  const { DatabaseSync } = loadSqlite();
  const database = new DatabaseSync(file, { timeout: BUSY_MILLISECONDS });
  try {
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`,
    );
    const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
    if (version === 0 && isEmpty(database)) {
      database.exec(`BEGIN IMMEDIATE; ${SCHEMA} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
    } else if (version !== SCHEMA_VERSION) {
      throw new DamagedIndex(`it has version ${version}; this program writes version ${SCHEMA_VERSION}`);
    }
    const rows = prepareRows(database);
    const begin = database.prepare("BEGIN IMMEDIATE");
    const commit = database.prepare("COMMIT");
    let closed = false;
    return {
      inode: inodeOf(file) ?? "",
      rows,
      transaction(work) {
        begin.run();
        try {
          const result = work(rows);
          commit.run();
          return result;
        } catch (error) {
          if (database.isTransaction) database.exec("ROLLBACK");
          throw error;
        }
      },
      close() {
        if (closed) return;
        closed = true;
        database.close();
      },
    };
  } catch (error) {
    database.close();
    throw error;
  }
}

class DamagedIndex extends Error {}

function isEmpty(database: DatabaseSync): boolean {
  return database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
}

function isDamage(error: unknown): boolean {
  if (error instanceof DamagedIndex) return true;
  const code = sqliteCode(error);
  if (code === SQLITE_CORRUPT || code === SQLITE_NOTADB) return true;
  // A file that is a database, but not this one: no such table, no such column.
  return (
    code === 1 && /no such (?:table|column)|has no column|values? for|columns but/.test(messageOf(error))
  );
}

/** Keeps the damaged file under another name, for whoever wants to know what happened to it. */
function setAside(file: string, log: Logger, reason: unknown): void {
  const aside = `${file}.damaged-${Date.now()}`;
  renameSync(file, aside);
  for (const suffix of ["-wal", "-shm"]) rmSync(file + suffix, { force: true });
  log.log(
    "warn",
    "the cache's index was damaged and has been set aside; cached files are checked against the bucket",
    {
      index: file,
      aside,
      reason: messageOf(reason),
    },
  );
}

function inodeOf(file: string): string | undefined {
  return statSync(file, { throwIfNoEntry: false, bigint: true })?.ino.toString();
}

function translate(file: string, error: unknown): unknown {
  const code = sqliteCode(error);
  if (code === undefined) return error;
  const busy = code === SQLITE_BUSY;
  return new SimpleTasksError(
    code === SQLITE_FULL ? "storage_full" : "io",
    `the cache's index ${file} ${busy ? "is held locked by another process" : `cannot be used: ${messageOf(error)}`}`,
    { cause: error, retryable: busy || code === SQLITE_FULL, about: { index: file } },
  );
}
