/** At most so many messages or receipts, and about so many UTF-16 units of text, cross to the thread in one request. */
export const largestChunk = { items: 1000, characters: 1024 * 1024 };
/** So many requests of one call are on their way at once: enough to keep the thread busy, few enough to bound memory. */
const window = 4;

/** Cuts `items` into chunks of bounded number and text. */
export function* chunksOf<Item>(
  items: readonly Item[],
  size: (item: Item) => number,
): Generator<readonly Item[]> {
  let start = 0;
  let characters = 0;
  for (const [index, item] of items.entries()) {
    const grown = characters + size(item);
    if (index > start && (index - start >= largestChunk.items || grown > largestChunk.characters)) {
      yield items.slice(start, index);
      start = index;
      characters = size(item);
    } else {
      characters = grown;
    }
  }
  if (start < items.length) yield items.slice(start);
}

export type ChunkResult<Item, Result> =
  | { readonly chunk: readonly Item[]; readonly result: Result }
  | { readonly chunk: readonly Item[]; readonly error: unknown };

/**
 * Runs `work` on every chunk, a few at a time and begun in order; gives results in order. After an error no further
 * chunk is begun: those have the same error. @throws that error when no chunk succeeded
 */
export async function onEachChunk<Item, Result>(
  chunks: Iterable<readonly Item[]>,
  work: (chunk: readonly Item[]) => Promise<Result>,
): Promise<readonly ChunkResult<Item, Result>[]> {
  const results: ChunkResult<Item, Result>[] = [];
  let failure: { readonly error: unknown } | undefined;
  const attempt = async (chunk: readonly Item[]): Promise<ChunkResult<Item, Result>> => {
    if (failure !== undefined) return { chunk, ...failure };
    try {
      return { chunk, result: await work(chunk) };
    } catch (error) {
      failure ??= { error };
      return { chunk, error };
    }
  };

  let place = 0;
  const waiting = chunks[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let next = waiting.next(); next.done !== true; next = waiting.next()) {
      const own = place++;
      results[own] = await attempt(next.value);
    }
  };
  await Promise.all(Array.from({ length: window }, lane));
  if (failure !== undefined && !results.some((one) => "result" in one)) throw failure.error;
  return results;
}
