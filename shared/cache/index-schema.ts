/** Written into the index file; a file with another version is set aside, as a damaged one is. */
export const SCHEMA_VERSION = 1;

/**
 * What all processes on one cache directory share. An object is named by its bucket's URL and its key: one directory
 * may serve several buckets.
 *
 * - `entry.found`: 1 for a file that we did not write, used after its checksum agreed with the bucket's; it is never
 *   removed and does not count against the limit.
 * - `entry.folded`: the folded form of a path that mirrors its key, absent for one that lies aside. No two entries' folded
 *   paths are equal, and none is a folder of another's.
 * - `entry.boot`: the run of the machine in which the bytes were verified last.
 * - `entry.used`: the tick of the clock in `total` at which it was last let go; the smallest goes first.
 * - `pin`: one row per object and owner that needs it, however many hold it within that process. A pin holds the object,
 *   not its bytes: it stays when the entry is replaced.
 * - `total`: of the entries that count against the limit, kept by triggers; `reserved`: what the downloads in progress will add.
 * - `download.superseded`: 1 when the object was put or deleted through the cache meanwhile: what arrives is old.
 */
export const SCHEMA = `
CREATE TABLE entry (
  bucket TEXT NOT NULL, key TEXT NOT NULL,
  path TEXT NOT NULL UNIQUE, folded TEXT UNIQUE, found INTEGER NOT NULL,
  etag TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL,
  stamp TEXT NOT NULL, boot TEXT NOT NULL, used INTEGER NOT NULL,
  PRIMARY KEY (bucket, key)
) STRICT;
CREATE INDEX entry_by_use ON entry (used) WHERE found = 0;
CREATE TABLE pin (
  bucket TEXT NOT NULL, key TEXT NOT NULL, owner TEXT NOT NULL,
  PRIMARY KEY (bucket, key, owner)
) STRICT, WITHOUT ROWID;
CREATE TABLE download (
  bucket TEXT NOT NULL, key TEXT NOT NULL, owner TEXT NOT NULL,
  bytes INTEGER NOT NULL, superseded INTEGER NOT NULL,
  PRIMARY KEY (bucket, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE owner (id TEXT PRIMARY KEY, pid INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE total (
  entries INTEGER NOT NULL, bytes INTEGER NOT NULL, reserved INTEGER NOT NULL, clock INTEGER NOT NULL
) STRICT;
INSERT INTO total VALUES (0, 0, 0, 0);
CREATE TRIGGER entry_added AFTER INSERT ON entry WHEN new.found = 0 BEGIN
  UPDATE total SET entries = entries + 1, bytes = bytes + new.bytes;
END;
CREATE TRIGGER entry_removed AFTER DELETE ON entry WHEN old.found = 0 BEGIN
  UPDATE total SET entries = entries - 1, bytes = bytes - old.bytes;
END;
CREATE TRIGGER entry_changed AFTER UPDATE OF bytes, found ON entry BEGIN
  UPDATE total SET
    entries = entries + old.found - new.found,
    bytes = bytes - (1 - old.found) * old.bytes + (1 - new.found) * new.bytes;
END;
CREATE TRIGGER download_reserved AFTER UPDATE OF bytes ON download BEGIN
  UPDATE total SET reserved = reserved - old.bytes + new.bytes;
END;
CREATE TRIGGER download_ended AFTER DELETE ON download BEGIN
  UPDATE total SET reserved = reserved - old.bytes;
END;
`;
