import type { Bucket } from "../../../shared/bucket/bucket.ts";
import { showKey } from "../../../shared/bucket/key.ts";
import { levelOf, objectsWith, type LevelItem } from "../../../shared/bucket/walk.ts";
import { settingsOf, type Command } from "../call.ts";
import { escapeForTerminal } from "../escape.ts";
import { exitCodes } from "../exit-codes.ts";
import { bytesText, counted, timeText } from "../format.ts";
import { printTable } from "../listing.ts";
import { openToLook } from "./open.ts";
import type { ListFlags } from "./words.ts";

/** `bucket ls [PREFIX]` */
export const bucketList: Command<ListFlags> = async (call) => {
  const { terminal, flags } = call;
  const { signal } = call.signals;
  const typed = (call.words[0] ?? "").replace(/^\/+/, "");
  await using bucket = await openToLook(call);
  const totals = { folders: 0, objects: 0, bytes: 0 };

  async function* items(): AsyncGenerator<LevelItem, void, undefined> {
    if (bucket === undefined) return;
    const prefix = await folderOrPrefix(bucket, typed, signal);
    const found = flags.recursive === true ? all(bucket, prefix, signal) : levelOf(bucket, prefix, signal);
    for await (const item of found) {
      if (item.kind === "folder") totals.folders += 1;
      else {
        totals.objects += 1;
        totals.bytes += item.object.bytes;
      }
      yield item;
    }
  }

  if (flags.json === true) {
    for await (const item of items()) {
      if (terminal.closed) break;
      await terminal.printRaw(asJson(item));
    }
    return exitCodes.done;
  }
  const { rows, complete } = await printTable(call, {
    columns: [{ title: "BYTES", align: "right" }, { title: "MODIFIED" }, { title: "KEY", shrink: "middle" }],
    rows: rowsOf(items()),
    empty: escapeForTerminal(nothingThere(typed, bucket, settingsOf(call).bucket)),
  });
  if (complete && rows > 0) terminal.tell(describeTotals(totals));
  return exitCodes.done;
};

/** What was typed, as a folder when there are keys under it, else as the beginning of keys. */
async function folderOrPrefix(bucket: Bucket, typed: string, signal: AbortSignal): Promise<string> {
  if (typed === "" || typed.endsWith("/")) return typed;
  const { objects } = await bucket.list({ prefix: `${typed}/`, max: 1, signal });
  return objects.length > 0 ? `${typed}/` : typed;
}

async function* all(
  bucket: Bucket,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<LevelItem, void, undefined> {
  for await (const object of objectsWith(bucket, prefix, signal)) yield { kind: "object", object };
}

async function* rowsOf(items: AsyncIterable<LevelItem>): AsyncGenerator<string[], void, undefined> {
  for await (const item of items) {
    if (item.kind === "folder") yield ["-", "-", item.prefix];
    else yield [String(item.object.bytes), timeText(item.object.modifiedAt), item.object.key];
  }
}

function asJson(item: LevelItem): string {
  if (item.kind === "folder") return JSON.stringify({ prefix: item.prefix });
  const { key, bytes, modifiedAt, etag } = item.object;
  const modified = modifiedAt === undefined ? null : new Date(modifiedAt).toISOString();
  return JSON.stringify({ key, bytes, modified, etag });
}

function nothingThere(typed: string, bucket: Bucket | undefined, url: string): string {
  if (bucket === undefined) return `there is no bucket ${url} yet: it is made when something is put into it`;
  return typed === "" ? `${url} is empty` : `no key in ${url} begins with ${showKey(typed)}`;
}

function describeTotals({
  folders,
  objects,
  bytes,
}: {
  readonly folders: number;
  readonly objects: number;
  readonly bytes: number;
}): string {
  const parts = [counted(objects, "object"), bytesText(bytes)];
  const below = folders === 0 ? [] : [counted(folders, "folder")];
  return [...below, ...(objects === 0 ? [] : parts)].join(", ");
}
