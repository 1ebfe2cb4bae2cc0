import path from "node:path";
import type { Bucket, ObjectInfo } from "../bucket/bucket.ts";
import { showKey } from "../bucket/key.ts";
import { objectMissing } from "../bucket/refusals.ts";
import { isSimpleTasksError, SimpleTasksError } from "../errors.ts";
import { refuseAborted, untilAborted } from "./abort.ts";
import { adoptFoundFile } from "./adopt.ts";
import type { FetchOptions } from "./cache.ts";
import {
  accepts,
  decideStep,
  forget,
  intactEntry,
  stillClaimed,
  waitForDownload,
  type Wanted,
} from "./claim.ts";
import { CACHE_ONLY_ETAG } from "./cache-only.ts";
import type { CacheContext } from "./context.ts";
import { sha256OfFile } from "./digest.ts";
import { download } from "./download.ts";
import type { EntryRow, ObjectName } from "./index-rows.ts";
import { ownerFolders } from "./owner.ts";
import { publish } from "./publish.ts";

export type Freshness = NonNullable<FetchOptions["freshness"]>;

export interface Obtained {
  readonly entry: EntryRow;
  /** `hit`: it was there; `waited`: another process downloaded it meanwhile; `downloaded`: by us, now. */
  readonly way: "hit" | "waited" | "downloaded";
}

/**
 * Brings an object into the cache if it is not there, and holds its pin once; the caller releases it.
 *
 * Look, and if it must be fetched claim the download, in one transaction; fetch; record, in another one. Whatever
 * happened between the two (a put or delete through the cache, an index that was rebuilt) makes it start over.
 */
export async function obtain(
  context: CacheContext,
  bucket: Bucket,
  key: string,
  freshness: Freshness,
  signal: AbortSignal,
): Promise<Obtained> {
  const name = { bucket: bucket.url, key };
  let waited = false;
  for (;;) {
    refuseAborted(signal);
    const wanted = await ask(bucket, key, freshness, signal);
    const pinned = takePinned(context, name, wanted);
    if (pinned !== undefined) return { entry: pinned, way: waited ? "waited" : "hit" };
    const step = context.index.transaction((rows) => decideStep(context, rows, name, wanted));
    await context.trash.empty();
    switch (step.kind) {
      case "missing":
        throw missing(bucket, key, freshness);
      case "entry":
        context.pins.hold(name);
        return { entry: step.entry, way: waited ? "waited" : "hit" };
      case "busy":
        waited = true;
        await waitForDownload(context, name, signal);
        continue;
      case "claimed": {
        const fetched = await fulfil(context, bucket, name, freshness, step.unverified, signal);
        if (fetched !== undefined) return fetched;
        waited = true;
      }
    }
  }
}

async function ask(bucket: Bucket, key: string, freshness: Freshness, signal: AbortSignal): Promise<Wanted> {
  if (freshness !== "match") return { freshness };
  return { freshness, info: await untilAborted(bucket.head(key, { signal }), signal) };
}

/** An entry that this process has pinned cannot be evicted: the index need not be told of one holder more. */
function takePinned(context: CacheContext, name: ObjectName, wanted: Wanted): EntryRow | undefined {
  if (!context.pins.isEntered(name)) return undefined;
  const entry = context.index.read((rows) => intactEntry(context, rows, name));
  if (entry === undefined || entry.boot !== context.boot || !accepts(wanted, entry)) return undefined;
  context.pins.hold(name);
  return entry;
}

/** Does what was claimed, and gives the claim back. Undefined when all has to be looked at again. */
async function fulfil(
  context: CacheContext,
  bucket: Bucket,
  name: ObjectName,
  freshness: Freshness,
  unverified: EntryRow | undefined,
  signal: AbortSignal,
): Promise<Obtained | undefined> {
  const { index, pins, owner } = context;
  pins.hold(name);
  let obtained: Obtained | undefined;
  try {
    if (unverified !== undefined && (await verifyAgain(context, unverified, signal))) {
      obtained = { entry: unverified, way: "hit" };
    } else if (freshness === "only") {
      throw missing(bucket, name.key, freshness);
    } else {
      const adopted = freshness === "new" ? undefined : await adoptFoundFile(context, bucket, name, signal);
      obtained =
        adopted === undefined ? await bring(context, bucket, name, signal) : { entry: adopted, way: "hit" };
    }
    return obtained;
  } catch (error) {
    if (isSimpleTasksError(error, "object_missing"))
      index.transaction((rows) => forgetStale(context, rows, name));
    throw error;
  } finally {
    if (obtained === undefined) {
      pins.release(name);
      index.transaction((rows) => rows.unclaim(name, owner));
    }
    await context.trash.empty();
  }
}

/** After a start of the machine: reads the file again, and records that its bytes are what was stored. */
async function verifyAgain(context: CacheContext, entry: EntryRow, signal: AbortSignal): Promise<boolean> {
  const { index, layout, owner } = context;
  try {
    const sha256 = await sha256OfFile(path.join(layout.directory, entry.path), signal);
    if (sha256 !== entry.sha256) return false;
  } catch {
    refuseAborted(signal);
    return false;
  }
  return index.transaction((rows) => {
    if (!stillClaimed(context, rows, entry) || intactEntry(context, rows, entry)?.stamp !== entry.stamp)
      return false;
    rows.setBoot(entry, context.boot);
    rows.unclaim(entry, owner);
    return true;
  });
}

/** Downloads and records. Undefined when the object was put or deleted through the cache meanwhile. */
async function bring(
  context: CacheContext,
  bucket: Bucket,
  name: ObjectName,
  signal: AbortSignal,
): Promise<Obtained | undefined> {
  const { index, layout, owner, trash } = context;
  const file = path.join(ownerFolders(layout, owner).partial, `download-${downloads++}`);
  const options = { bucket, key: name.key, file, fileMode: layout.fileMode, signal };
  const downloaded = await download({ ...options, onInfo: (info) => makeRoom(context, name, info) });
  const entry = index.transaction((rows) => {
    if (!stillClaimed(context, rows, name)) return undefined;
    const published = publish(context, rows, { ...name, ...downloaded });
    rows.unclaim(name, owner);
    return published;
  });
  if (entry !== undefined) {
    context.counters.downloads++;
    return { entry, way: "downloaded" };
  }
  trash.discard(file);
  return undefined;
}

/** Names the files of downloads in progress; one folder per owner. */
let downloads = 0;

function makeRoom(context: CacheContext, name: ObjectName, info: ObjectInfo): void {
  const { index, pins, room, owner, log } = context;
  pins.flush();
  const tooMany = index.transaction((rows) => {
    const replaced = rows.entry(name);
    const left = room.make(rows, info.bytes - (replaced?.found === false ? replaced.bytes : 0));
    rows.reserve(name, owner, info.bytes);
    return left;
  });
  if (tooMany === 0) return;
  const limit = room.limitBytes();
  log.log(
    "warn",
    info.bytes > limit
      ? "an object is larger than the cache's limit; it is fetched all the same"
      : "everything in the cache is in use; the limit is exceeded for this object",
    { bucket: name.bucket, key: name.key, bytes: info.bytes, limit_bytes: limit, exceeded_by_bytes: tooMany },
  );
}

/** The bucket has no such object any more: an entry for it is of no use, unless it was put into the cache alone. */
function forgetStale(context: CacheContext, rows: Parameters<typeof forget>[1], name: ObjectName): void {
  if (rows.entry(name)?.etag !== CACHE_ONLY_ETAG) forget(context, rows, name);
}

function missing(bucket: Bucket, key: string, freshness: Freshness): SimpleTasksError {
  if (freshness !== "only") return objectMissing(bucket.url, key);
  return new SimpleTasksError("object_missing", `${showKey(key)} of ${bucket.url} is not in the cache`, {
    about: { bucket: bucket.url, key },
  });
}
