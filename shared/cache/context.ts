import type { Logger } from "../logger.ts";
import type { CacheIndex } from "./index-file.ts";
import type { IndexRows } from "./index-rows.ts";
import type { Layout } from "./layout.ts";
import type { PinTable } from "./pin-table.ts";
import type { Room } from "./room.ts";
import type { Trash } from "./trash.ts";

/** What the parts of one opened cache have in common. */
export interface CacheContext {
  readonly layout: Layout;
  readonly index: CacheIndex;
  /** This opened cache's id among all that share the directory. */
  readonly owner: string;
  readonly pins: PinTable;
  readonly room: Room;
  readonly trash: Trash;
  /** Forgets the pins and downloads of owners that died; returns whether there were any. */
  lapse(rows: IndexRows): boolean;
  /** The run of the machine: bytes that were verified in another one are verified again. */
  readonly boot: string;
  readonly log: Logger;
  /** What this process did, for `Cache.status`. */
  readonly counters: { hits: number; downloads: number };
}
