import type { CacheIndex } from "./index-file.ts";
import type { IndexRows, ObjectName } from "./index-rows.ts";

/**
 * Who holds what within this process. The index has one pin per object and process, entered with the first holder and
 * removed some time after the last one let go: releases are gathered, so that thousands of them cost one transaction.
 */
export interface PinTable {
  /** Whether the index has this process's pin: then no other process evicts the entry, and it need not be told again. */
  isEntered(name: ObjectName): boolean;
  /** Enters the pin in the index, in the transaction that found or made the entry; {@link hold} follows once that is committed. */
  enter(rows: IndexRows, name: ObjectName): void;
  /** Adds a holder of a pin that is entered. */
  hold(name: ObjectName): void;
  release(name: ObjectName): void;
  /** Removes what was released from the index; the objects let go last count as used last. */
  flush(): void;
  /** Enters everything held, into an index that has taken the place of another. */
  enterAgain(rows: IndexRows): void;
}

export function createPinTable(index: CacheIndex, owner: string): PinTable {
  /** Every object with a row in the index; those with 0 holders are about to lose it. */
  const holders = new Map<string, { readonly name: ObjectName; count: number }>();
  /** Objects let go since the last flush, in that order. */
  const released = new Set<string>();
  let scheduled: NodeJS.Immediate | undefined;

  function flush(): void {
    clearImmediate(scheduled);
    scheduled = undefined;
    if (released.size === 0) return;
    index.transaction((rows) => {
      for (const id of released) {
        const held = holders.get(id);
        if (held === undefined) continue;
        rows.touch(held.name);
        if (held.count === 0) rows.unpin(held.name, owner);
      }
    });
    for (const id of released) {
      if (holders.get(id)?.count === 0) holders.delete(id);
    }
    released.clear();
  }

  function flushSoon(): void {
    scheduled ??= setImmediate(() => {
      scheduled = undefined;
      try {
        flush();
      } catch {
        // The index is busy or gone. What was released stays in the set and goes with the next flush.
      }
    });
  }

  return {
    isEntered: (name) => holders.has(idOf(name)),
    enter(rows, name) {
      if (!holders.has(idOf(name))) rows.pin(name, owner);
    },
    hold(name) {
      const id = idOf(name);
      const held = holders.get(id);
      if (held === undefined) holders.set(id, { name, count: 1 });
      else held.count++;
    },
    release(name) {
      const id = idOf(name);
      const held = holders.get(id);
      if (held === undefined) return;
      held.count--;
      if (held.count > 0) return;
      released.delete(id);
      released.add(id);
      flushSoon();
    },
    flush,
    enterAgain(rows) {
      for (const { name } of holders.values()) rows.pin(name, owner);
    },
  };
}

function idOf({ bucket, key }: ObjectName): string {
  return `${bucket}\0${key}`;
}
