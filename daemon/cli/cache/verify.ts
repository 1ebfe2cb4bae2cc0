import type { Bucket } from "../../../shared/bucket/bucket.ts";
import type { DroppedEntry } from "../../../shared/cache/cache.ts";
import { openToLook } from "../bucket/open.ts";
import { settingsOf, type Call, type Command } from "../call.ts";
import { SimpleTasksError } from "../../../shared/errors.ts";
import { exitCodes } from "../exit-codes.ts";
import { counted } from "../format.ts";
import { printTable } from "../listing.ts";
import { openProgress } from "../progress.ts";
import { notMadeYet, openMadeCache } from "./open.ts";
import type { VerifyFlags } from "./words.ts";

/** `cache verify` */
export const cacheVerify: Command<VerifyFlags> = async (call) => {
  const { terminal, signals, flags } = call;
  await using cache = await openMadeCache(call, flags.sharedCache === true);
  if (cache === undefined) {
    terminal.tell(notMadeYet(call));
    if (flags.json === true) await terminal.print(JSON.stringify({ checked: 0, dropped: [] }));
    return exitCodes.done;
  }
  await using bucket = flags.withBucket === true ? await openComparedBucket(call) : undefined;
  const { entries } = await cache.status();
  const progress = openProgress(terminal);
  const dropped: DroppedEntry[] = [];
  let checked = 0;
  try {
    await cache.verify({
      bucket,
      signal: signals.signal,
      onDropped: (entry) => dropped.push(entry),
      onChecked(count) {
        checked = count;
        progress(() => `checked ${count} of ${counted(entries, "file")}`);
      },
    });
  } finally {
    // Also when it was stopped: what was removed by then is not found again.
    await tellDropped(dropped, checked, call);
  }
  return dropped.some(({ reason }) => reason === "damaged") ? exitCodes.failed : exitCodes.done;
};

const reasons: Readonly<Record<DroppedEntry["reason"], string>> = {
  damaged: "damaged",
  stale: "replaced in the bucket",
  deleted: "gone from the bucket",
};

async function tellDropped(dropped: readonly DroppedEntry[], checked: number, call: Call): Promise<void> {
  const { terminal, flags } = call;
  terminal.status("");
  if (flags.json === true) {
    await terminal.print(JSON.stringify({ checked, dropped }));
    return;
  }
  if (dropped.length > 0) {
    await printTable(call, {
      columns: [{ title: "REMOVED" }, { title: "KEY", shrink: "middle" }],
      rows: dropped.map(({ key, reason }) => [reasons[reason], key]),
      empty: "",
    });
  }
  terminal.tell(`checked ${counted(checked, "file")}, removed ${dropped.length}`);
}

async function openComparedBucket(call: Call): Promise<Bucket> {
  const bucket = await openToLook(call);
  if (bucket !== undefined) return bucket;
  throw new SimpleTasksError("io", `there is no bucket ${settingsOf(call).bucket} to compare with`, {
    hint: "Give --bucket, or verify without --with-bucket.",
  });
}
