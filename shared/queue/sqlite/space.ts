import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { integer, prepareQuery } from "./rows.ts";

/** The room that a queue file takes on its disk, synchronously. */
export interface Space {
  /** Pages of the file that hold nothing; 0 where the file cannot give pages back. */
  freePages(): number;
  pages(): number;
  /** Length of the write-ahead log beside the file. */
  logBytes(): number;
  /** Gives up to so many free pages back. In a write transaction only. */
  giveBack(pages: number): void;
  /**
   * Brings everything in the log home and makes the log empty; the file gets as short as its pages allow. Does what it can
   * while somebody reads. Outside of a transaction only.
   */
  emptyLog(): void;
}

export function createSpace(database: DatabaseSync): Space {
  const canShrink = integer(prepareQuery(database, "PRAGMA auto_vacuum").first(), 0) !== 0;
  const freelist = prepareQuery(database, "PRAGMA freelist_count");
  const pageCount = prepareQuery(database, "PRAGMA page_count");
  const log = `${database.location()}-wal`;
  return {
    freePages: () => (canShrink ? integer(freelist.first(), 0) : 0),
    pages: () => integer(pageCount.first(), 0),
    logBytes: () => statSync(log, { throwIfNoEntry: false })?.size ?? 0,
    giveBack: (pages) => database.exec(`PRAGMA incremental_vacuum(${pages})`),
    emptyLog: () => database.exec("PRAGMA wal_checkpoint(TRUNCATE)"),
  };
}
