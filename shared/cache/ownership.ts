import { rm } from "node:fs/promises";
import { messageOf } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { makeDirectorySync } from "../make-directory.ts";
import { type CacheIndex, openIndex } from "./index-file.ts";
import type { IndexRows } from "./index-rows.ts";
import { ensureFolders, type Layout } from "./layout.ts";
import { isAlive, knownOwners, type Owner, ownerFolders, registerOwner, removeLock } from "./owner.ts";
import { createPinTable, type PinTable } from "./pin-table.ts";

/** This process's part in a cache directory: its connection to the index, and what lies there in its name. */
export interface Ownership {
  readonly owner: string;
  readonly index: CacheIndex;
  readonly pins: PinTable;
  /** Folders of this owner alone. */
  readonly folders: { readonly work: string; readonly partial: string };
  /** Forgets owners that died, with their pins and downloads; returns whether there were any. Their files go later. */
  lapse(rows: IndexRows): boolean;
  /** Removes the files of owners that are known to be dead. */
  removeLeftovers(): Promise<void>;
  /** Gives up every pin and removes this owner's folders. */
  close(): Promise<void>;
}

export function openOwnership(layout: Layout, log: Logger): Ownership {
  let owner: Owner | undefined;
  let pins: PinTable | undefined;
  let dead: string[] = [];

  /** Enters this process into the index, at the start and whenever the index or its folders were lost. */
  function enter(index: CacheIndex): void {
    index.transaction((rows) => {
      if (owner === undefined) {
        owner = registerOwner(layout);
        // What has neither lived to clean up nor a row in this index is only seen in the folders.
        for (const id of knownOwners(layout)) {
          if (id !== owner.id) buryIfDead(rows, id);
        }
      } else if (!owner.isRegistered()) {
        owner.close();
        owner = registerOwner(layout, owner.id);
      }
      rows.addOwner(owner.id, process.pid);
      pins?.enterAgain(rows);
    });
  }

  function buryIfDead(rows: IndexRows, id: string): boolean {
    if (isAlive(layout, id)) return false;
    rows.removeOwner(id);
    removeLock(layout, id);
    dead.push(id);
    return true;
  }

  function lapse(rows: IndexRows): boolean {
    let any = false;
    for (const id of rows.owners()) {
      if (id !== owner?.id && buryIfDead(rows, id)) any = true;
    }
    return any;
  }

  async function removeLeftovers(): Promise<void> {
    const ids = dead;
    dead = [];
    await Promise.all(ids.map((id) => removeFolders(layout, id, log)));
  }

  const index = openIndex({
    file: layout.indexFile,
    log,
    ensureFolder: () => ensureFolders(layout),
    onOpen(opened) {
      enter(opened);
      makeOwnFolders();
    },
  });
  const { id } = registered(owner);
  const table = createPinTable(index, id);
  pins = table;

  function makeOwnFolders(): void {
    const { work, partial } = ownerFolders(layout, registered(owner).id);
    for (const folder of [work, partial]) makeDirectorySync(folder, layout.directoryMode);
  }

  return {
    owner: id,
    index,
    pins: table,
    folders: ownerFolders(layout, id),
    lapse,
    removeLeftovers,
    async close() {
      index.transaction((rows) => rows.removeOwner(id));
      index.close();
      await removeFolders(layout, id, log);
      await removeLeftovers();
      // Last: as long as the lock is held nobody else takes our folders for leftovers.
      registered(owner).close();
    },
  };
}

/**
 * What cannot be removed is told and left: a task may have started a program that writes as another user, and the cache
 * works all the same. Links are removed, never followed.
 */
async function removeFolders(layout: Layout, id: string, log: Logger): Promise<void> {
  const { work, partial } = ownerFolders(layout, id);
  const remove = async (folder: string): Promise<void> => {
    try {
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    } catch (error) {
      log.log("warn", "files that tasks left could not be removed", { folder, error: messageOf(error) });
    }
  };
  await Promise.all([remove(work), remove(partial)]);
}

function registered(owner: Owner | undefined): Owner {
  if (owner === undefined) throw new Error("the index was opened without entering its owner");
  return owner;
}
