import { refuseAborted } from "../cache/abort.ts";

/** How many objects one call moves at once: enough to hide latency, few enough for file handles and engines. */
const WIDTH = 16;

/**
 * Runs `work` over all items, up to {@link WIDTH} at a time; results in the items' order. The first failure aborts the
 * others, and is thrown when all of them have ended: nothing goes on behind the caller's back.
 */
export async function concurrently<Item, Result>(
  items: readonly Item[],
  signal: AbortSignal | undefined,
  work: (item: Item, signal: AbortSignal | undefined) => Promise<Result>,
): Promise<Result[]> {
  refuseAborted(signal);
  const [first] = items;
  if (items.length === 1 && first !== undefined) return [await work(first, signal)];
  const failure = new AbortController();
  const either = signal === undefined ? failure.signal : AbortSignal.any([signal, failure.signal]);
  const results: Result[] = [];
  const waiting = items.entries();
  let thrown: { readonly error: unknown } | undefined;

  async function lane(): Promise<void> {
    for (const [position, item] of waiting) {
      if (thrown !== undefined) return;
      try {
        refuseAborted(signal);
        results[position] = await work(item, either);
      } catch (error) {
        thrown ??= { error };
        failure.abort(error);
      }
    }
  }

  await Promise.all(Array.from({ length: Math.min(WIDTH, items.length) }, lane));
  if (thrown !== undefined) throw thrown.error;
  return results;
}
