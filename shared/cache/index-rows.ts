import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Stamp } from "./stamp.ts";

/** An object's name in the index. */
export interface ObjectName {
  /** The bucket's URL. */
  readonly bucket: string;
  readonly key: string;
}

/** One row of `entry`; `index-schema.ts` says what each column means. `path` is relative to the cache directory. */
export interface EntryRow extends ObjectName {
  readonly path: string;
  readonly folded: string | undefined;
  readonly found: boolean;
  readonly etag: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly stamp: Stamp;
  readonly boot: string;
}

export interface DownloadRow extends ObjectName {
  readonly owner: string;
  /** What it will take on the disk, once that is known; else 0. */
  readonly bytes: number;
  readonly superseded: boolean;
}

export interface Totals {
  readonly entries: number;
  readonly bytes: number;
}

/** The index's statements, prepared once per connection. Each is one step; the caller holds the transaction. */
export type IndexRows = ReturnType<typeof prepareRows>;

export function prepareRows(database: DatabaseSync) {
  const sql = (text: string): StatementSync => database.prepare(text);
  const isPinned = "EXISTS (SELECT 1 FROM pin WHERE pin.bucket = entry.bucket AND pin.key = entry.key)";
  const statements = {
    entry: sql("SELECT * FROM entry WHERE bucket = ? AND key = ?"),
    atPath: sql("SELECT * FROM entry WHERE path = ?"),
    atFolded: sql("SELECT * FROM entry WHERE folded = ?"),
    below: sql("SELECT * FROM entry WHERE folded > ? AND folded < ? LIMIT 1"),
    tick: sql("UPDATE total SET clock = clock + 1"),
    write: sql(
      `INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT clock FROM total))
       ON CONFLICT (bucket, key) DO UPDATE SET path = excluded.path, folded = excluded.folded, found = excluded.found,
         etag = excluded.etag, bytes = excluded.bytes, sha256 = excluded.sha256, stamp = excluded.stamp,
         boot = excluded.boot, used = excluded.used`,
    ),
    touch: sql("UPDATE entry SET used = (SELECT clock FROM total) WHERE bucket = ? AND key = ?"),
    setBoot: sql("UPDATE entry SET boot = ? WHERE bucket = ? AND key = ?"),
    remove: sql("DELETE FROM entry WHERE bucket = ? AND key = ?"),
    idle: sql(`SELECT * FROM entry WHERE found = 0 AND NOT ${isPinned} ORDER BY used LIMIT ?`),
    forgetFound: sql(`DELETE FROM entry WHERE found = 1 AND NOT ${isPinned}`),
    after: sql("SELECT * FROM entry WHERE (bucket, key) > (?, ?) ORDER BY bucket, key LIMIT ?"),
    total: sql("SELECT entries, bytes FROM total"),
    pinned: sql(
      `SELECT count(*) AS entries, coalesce(sum(bytes), 0) AS bytes FROM entry WHERE found = 0 AND (bucket, key) IN
         (SELECT bucket, key FROM pin)`,
    ),
    isPinned: sql("SELECT 1 FROM pin WHERE bucket = ? AND key = ? LIMIT 1"),
    pin: sql("INSERT OR IGNORE INTO pin VALUES (?, ?, ?)"),
    unpin: sql("DELETE FROM pin WHERE bucket = ? AND key = ? AND owner = ?"),
    download: sql("SELECT * FROM download WHERE bucket = ? AND key = ?"),
    claim: sql(
      `INSERT INTO download VALUES (?, ?, ?, 0, 0)
       ON CONFLICT (bucket, key) DO UPDATE SET owner = excluded.owner, bytes = 0, superseded = 0`,
    ),
    reserve: sql("UPDATE download SET bytes = ? WHERE bucket = ? AND key = ? AND owner = ?"),
    supersede: sql("UPDATE download SET superseded = 1 WHERE bucket = ? AND key = ?"),
    unclaim: sql("DELETE FROM download WHERE bucket = ? AND key = ? AND owner = ?"),
    reserved: sql("SELECT reserved FROM total"),
    owners: sql("SELECT id FROM owner"),
    processes: sql("SELECT DISTINCT pid FROM owner ORDER BY pid"),
    addOwner: sql("INSERT OR IGNORE INTO owner VALUES (?, ?)"),
    removeOwner: sql("DELETE FROM owner WHERE id = ?"),
    removePins: sql("DELETE FROM pin WHERE owner = ?"),
    removeDownloads: sql("DELETE FROM download WHERE owner = ?"),
  };

  return {
    entry: ({ bucket, key }: ObjectName): EntryRow | undefined => entryOf(statements.entry.get(bucket, key)),
    entryAt: (path: string): EntryRow | undefined => entryOf(statements.atPath.get(path)),
    entryFoldedTo: (folded: string): EntryRow | undefined => entryOf(statements.atFolded.get(folded)),
    /** Any entry whose file lies somewhere under a folder of that folded name. */
    entryBelow: (folded: string): EntryRow | undefined =>
      entryOf(statements.below.get(`${folded}/`, `${folded}0`)), // "0" is the character after "/"
    /** Writes the entry and makes it the one used last. */
    writeEntry(row: EntryRow): void {
      statements.tick.run();
      const { bucket, key, path, folded, found, etag, bytes, sha256, stamp, boot } = row;
      statements.write.run(
        bucket,
        key,
        path,
        folded ?? null,
        found ? 1 : 0,
        etag,
        bytes,
        sha256,
        stamp,
        boot,
      );
    },
    touch({ bucket, key }: ObjectName): void {
      statements.tick.run();
      statements.touch.run(bucket, key);
    },
    setBoot: ({ bucket, key }: ObjectName, boot: string): void =>
      void statements.setBoot.run(boot, bucket, key),
    removeEntry: ({ bucket, key }: ObjectName): void => void statements.remove.run(bucket, key),
    /** Entries of ours that nobody has pinned, the least recently used first. */
    idleEntries: (max: number): EntryRow[] => entriesOf(statements.idle.all(max)),
    /** Forgets the files of others that nobody has pinned; the files stay. */
    forgetFoundEntries: (): void => void statements.forgetFound.run(),
    /** One page of all entries, in the order of their names. */
    entriesAfter: ({ bucket, key }: ObjectName, max: number): EntryRow[] =>
      entriesOf(statements.after.all(bucket, key, max)),
    totals: (): Totals => totalsOf(statements.total.get()),
    pinnedTotals: (): Totals => totalsOf(statements.pinned.get()),

    isPinned: ({ bucket, key }: ObjectName): boolean => statements.isPinned.get(bucket, key) !== undefined,
    pin: ({ bucket, key }: ObjectName, owner: string): void => void statements.pin.run(bucket, key, owner),
    unpin: ({ bucket, key }: ObjectName, owner: string): void =>
      void statements.unpin.run(bucket, key, owner),

    download: ({ bucket, key }: ObjectName): DownloadRow | undefined =>
      downloadOf(statements.download.get(bucket, key)),
    /** Makes the download the owner's, whoever had it. */
    claim: ({ bucket, key }: ObjectName, owner: string): void =>
      void statements.claim.run(bucket, key, owner),
    reserve: ({ bucket, key }: ObjectName, owner: string, bytes: number): void =>
      void statements.reserve.run(bytes, bucket, key, owner),
    supersede: ({ bucket, key }: ObjectName): void => void statements.supersede.run(bucket, key),
    unclaim: ({ bucket, key }: ObjectName, owner: string): void =>
      void statements.unclaim.run(bucket, key, owner),
    reservedBytes: (): number => Number(statements.reserved.get()?.["reserved"] ?? 0),

    owners: (): string[] => statements.owners.all().map((row) => String(row["id"])),
    processes: (): number[] => statements.processes.all().map((row) => Number(row["pid"])),
    addOwner: (id: string, pid: number): void => void statements.addOwner.run(id, pid),
    /** Forgets an owner with its pins and downloads. */
    removeOwner(id: string): void {
      statements.removePins.run(id);
      statements.removeDownloads.run(id);
      statements.removeOwner.run(id);
    },
  };
}

type Row = ReturnType<StatementSync["get"]>;

function entryOf(row: Row): EntryRow | undefined {
  if (row === undefined) return undefined;
  const folded = row["folded"];
  return {
    bucket: String(row["bucket"]),
    key: String(row["key"]),
    path: String(row["path"]),
    folded: folded === null ? undefined : String(folded),
    found: row["found"] === 1,
    etag: String(row["etag"]),
    bytes: Number(row["bytes"]),
    sha256: String(row["sha256"]),
    stamp: String(row["stamp"]),
    boot: String(row["boot"]),
  };
}

function entriesOf(rows: readonly Row[]): EntryRow[] {
  return rows.map((row) => entryOf(row)).filter((row) => row !== undefined);
}

function downloadOf(row: Row): DownloadRow | undefined {
  if (row === undefined) return undefined;
  return {
    bucket: String(row["bucket"]),
    key: String(row["key"]),
    owner: String(row["owner"]),
    bytes: Number(row["bytes"]),
    superseded: row["superseded"] === 1,
  };
}

function totalsOf(row: Row): Totals {
  return { entries: Number(row?.["entries"] ?? 0), bytes: Number(row?.["bytes"] ?? 0) };
}
