import path from "node:path";
import { refuseAborted } from "./abort.ts";
import type { CacheContext } from "./context.ts";
import { sha256OfFile } from "./digest.ts";
import type { EntryRow } from "./index-rows.ts";

/** Rows read at once. */
const PAGE = 256;

/** Reads every entry again; drops those whose bytes are not what was stored. Entries that change meanwhile are left. */
export async function verifyEntries(
  context: CacheContext,
  signal: AbortSignal | undefined,
): Promise<{ readonly checked: number; readonly dropped: readonly string[] }> {
  const { index, trash } = context;
  const dropped: string[] = [];
  let checked = 0;
  let last = { bucket: "", key: "" };
  for (;;) {
    const page = index.read((rows) => rows.entriesAfter(last, PAGE));
    for (const entry of page) {
      refuseAborted(signal);
      const isWhole = await hasItsBytes(context, entry, signal);
      checked++;
      if (record(context, entry, isWhole)) dropped.push(entry.key);
      last = entry;
    }
    await trash.empty();
    if (page.length < PAGE) return { checked, dropped };
  }
}

async function hasItsBytes(
  context: CacheContext,
  entry: EntryRow,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    return (await sha256OfFile(path.join(context.layout.directory, entry.path), signal)) === entry.sha256;
  } catch {
    refuseAborted(signal);
    return false;
  }
}

/** Returns whether the entry was dropped. */
function record(context: CacheContext, entry: EntryRow, isWhole: boolean): boolean {
  const { index, trash, boot } = context;
  if (isWhole && entry.boot === boot) return false;
  return index.transaction((rows) => {
    if (rows.entry(entry)?.stamp !== entry.stamp) return false;
    if (isWhole) {
      rows.setBoot(entry, boot);
      return false;
    }
    rows.removeEntry(entry);
    if (!entry.found) trash.take(entry.path, entry.stamp);
    return true;
  });
}
