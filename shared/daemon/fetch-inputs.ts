import type { Pin } from "../cache/cache.ts";
import { concurrently } from "../datasource/concurrently.ts";
import type { OpenDatasource } from "../datasource/open.ts";
import type { Input } from "../task/task-type.ts";
import type { Attempt } from "./attempt.ts";

/** Fetches and pins every input of the attempt, many at the same time. All or none: a failure ends and releases the others. */
export async function fetchInputs(attempt: Attempt, datasource: OpenDatasource): Promise<readonly Pin[]> {
  const pins: Pin[] = [];
  try {
    return await concurrently(attempt.document.inputKeys, attempt.signal, async (key, signal) => {
      const pin = await datasource.fetch(key, { signal });
      pins.push(pin);
      return pin;
    });
  } catch (error) {
    for (const pin of pins) pin.release();
    throw error;
  }
}

/**
 * The attempt's inputs when its turn has come. What was prefetched from a bucket on this machine is compared once more,
 * which costs no network, so a change while the task waited is seen; elsewhere a put or delete through this cache is.
 *
 * Task code gets copies of its own, so that writing to them changes nothing for others; types that only read are handed
 * the cache's files.
 */
export async function ownInputs(attempt: Attempt, datasource: OpenDatasource): Promise<readonly Input[]> {
  const prefetched = attempt.pins;
  if (prefetched === undefined || datasource.bucket.local) {
    attempt.pins = await fetchInputs(attempt, datasource);
    for (const pin of prefetched ?? []) pin.release();
  }
  const pins = attempt.pins ?? [];
  const paths = attempt.type.readsOnly
    ? pins.map((pin) => pin.path)
    : await attempt.datasource.get(attempt.document.inputKeys, { signal: attempt.signal });
  return pins.map(({ key, bytes }, index) => ({
    name: attempt.document.inputs[index] ?? "",
    key,
    path: paths[index] ?? "",
    bytes,
  }));
}
