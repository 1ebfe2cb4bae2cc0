import type { Bucket } from "../bucket/bucket.ts";
import { compareKeys } from "../bucket/key.ts";

/** What the bucket has of the inputs that tasks name. */
export interface FoundInputs {
  /** Keys that were looked for, each once. */
  readonly keys: number;
  /** Bytes of all that are there, together. */
  readonly bytes: number;
  readonly missing: number;
  /** The first of the missing keys, in order of their UTF-8 bytes. */
  readonly firstMissing: readonly string[];
}

export interface FindInputsOptions {
  readonly signal: AbortSignal;
  /** Called now and then with how many keys were looked up. */
  readonly onProgress?: (keys: number) => void;
}

const missingNamed = 5;
const headsAtOnce = 16;
/** Fewer keys than this in one folder are asked for one by one. */
const worthListing = 16;

/**
 * Looks keys up in a bucket. Where that costs a request each, the folders of many keys are listed instead, a thousand
 * objects a request, for as long as that cannot have cost more than asking for what is left.
 *
 * @param keys their memory is the measure of this function's
 */
export async function findInputs(
  bucket: Bucket,
  keys: ReadonlySet<string>,
  { signal, onProgress }: FindInputsOptions,
): Promise<FoundInputs> {
  let looked = 0;
  let bytes = 0;
  const missing: string[] = [];
  const note = (key: string, size: number | undefined): void => {
    looked += 1;
    if (size === undefined) missing.push(key);
    else bytes += size;
    onProgress?.(looked);
  };
  const groups = bucket.local ? [[...keys]] : byFolder(keys);
  for (const group of groups) {
    const rest =
      bucket.local || group.length < worthListing ? group : await list(bucket, group, note, signal);
    await ask(bucket, rest, note, signal);
  }
  missing.sort(compareKeys);
  return {
    keys: keys.size,
    bytes,
    missing: missing.length,
    firstMissing: missing.slice(0, missingNamed),
  };
}

type Note = (key: string, bytes: number | undefined) => void;

/** Gives the keys that are still to be asked for. */
async function list(
  bucket: Bucket,
  keys: readonly string[],
  note: Note,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const rest = new Set(keys);
  let after: string | undefined;
  for (let pages = 1; pages <= rest.size; pages += 1) {
    const page = await bucket.list({ prefix: commonPrefix(keys), after, signal });
    for (const { key, bytes } of page.objects) if (rest.delete(key)) note(key, bytes);
    after = page.next;
    if (after !== undefined) continue;
    for (const key of rest) note(key, undefined);
    return [];
  }
  return [...rest];
}

async function ask(bucket: Bucket, keys: readonly string[], note: Note, signal: AbortSignal): Promise<void> {
  const waiting = keys.values();
  const asker = async (): Promise<void> => {
    for (const key of waiting) {
      signal.throwIfAborted();
      note(key, (await bucket.head(key, { signal }))?.bytes);
    }
  };
  await Promise.all(Array.from({ length: headsAtOnce }, asker));
}

function byFolder(keys: ReadonlySet<string>): string[][] {
  const groups = new Map<string, string[]>();
  for (const key of keys) {
    const folder = key.slice(0, key.lastIndexOf("/") + 1);
    const group = groups.get(folder);
    if (group === undefined) groups.set(folder, [key]);
    else group.push(key);
  }
  return [...groups.values()];
}

function commonPrefix([first = "", ...others]: readonly string[]): string {
  let length = first.length;
  for (const other of others) {
    let same = 0;
    while (same < length && other[same] === first[same]) same += 1;
    length = same;
  }
  // Half of a letter is no prefix that a bucket could list by.
  return first.slice(0, length).replace(/[\ud800-\udbff]$/, "");
}
