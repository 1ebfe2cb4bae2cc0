import type { OpenDatasource } from "../datasource/open.ts";
import type { Attempt } from "./attempt.ts";
import { fetchInputs } from "./fetch-inputs.ts";

/**
 * Fetches inputs ahead of their tasks' turns, first come first served.
 *
 * As many attempts as could start now are always fetched for; beyond them up to `tasks` more, while what is pinned for
 * attempts that wait stays below `bytes` and the cache has room. So with a full cache prefetching stops and tasks go on.
 */
export interface Prefetch {
  /** Attempts whose fetch has not ended. */
  readonly size: number;
  add(attempt: Attempt): void;
  /** Starts what may be started now. */
  advance(): void;
  /** A fetched attempt was taken from the waiting line. */
  taken(attempt: Attempt): void;
  /** Stops fetching and takes everything out that has not been handed over by `onFetched`. */
  clear(): Attempt[];
}

export function createPrefetch(given: {
  readonly datasource: OpenDatasource;
  readonly tasks: number;
  readonly bytes: number;
  /** How many more attempts the runner of this attempt could take now. */
  roomFor(attempt: Attempt): number;
  /** Called when the inputs are pinned, or could not be: that counts only when the attempt's turn comes. */
  onFetched(attempt: Attempt): void;
}): Prefetch {
  const { datasource, tasks, bytes, roomFor, onFetched } = given;
  const unfetched: Attempt[] = [];
  const fetching = new Set<Attempt>();
  const fetched = new Set<Attempt>();
  let fetchedBytes = 0;

  /** The most that one attempt's inputs have weighed; undefined until the first were fetched. */
  let heaviest: number | undefined;

  function mayFetch(attempt: Attempt): boolean {
    const ahead = fetching.size + fetched.size - roomFor(attempt);
    if (ahead < 0) return true;
    if (ahead >= tasks || !datasource.cache.hasRoomFor(0)) return false;
    // What is under way is taken to be as heavy as the heaviest so far; before any is known, one goes first.
    if (heaviest === undefined) return fetching.size === 0;
    return fetchedBytes + fetching.size * heaviest < bytes;
  }

  async function fetch(attempt: Attempt): Promise<void> {
    fetching.add(attempt);
    attempt.onPhase("fetch");
    try {
      attempt.pins = await fetchInputs(attempt, datasource);
    } catch {
      // Tried once more when the attempt's turn comes; only that counts.
    }
    if (!fetching.delete(attempt)) {
      attempt.releasePins();
      return;
    }
    fetched.add(attempt);
    fetchedBytes += attempt.inputBytes;
    heaviest = Math.max(heaviest ?? 0, attempt.inputBytes);
    onFetched(attempt);
  }

  return {
    get size() {
      return unfetched.length + fetching.size;
    },
    add(attempt) {
      unfetched.push(attempt);
    },
    advance() {
      for (let first = unfetched[0]; first !== undefined && mayFetch(first); first = unfetched[0]) {
        unfetched.shift();
        void fetch(first);
      }
    },
    taken(attempt) {
      if (fetched.delete(attempt)) fetchedBytes -= attempt.inputBytes;
    },
    clear() {
      const all = [...fetching, ...unfetched.splice(0)];
      for (const attempt of fetching) attempt.abort(new Error("given back before its turn"));
      fetching.clear();
      return all;
    },
  };
}
