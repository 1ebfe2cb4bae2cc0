import type { OpenDatasource } from "../datasource/open.ts";
import type { Attempt } from "./attempt.ts";
import { fetchInputs } from "./fetch-inputs.ts";
import type { RegisteredType } from "./task-types.ts";

/**
 * Fetches inputs ahead of their tasks' turns, first come first served, but of no type more than its `concurrency` lets run
 * next: what waits for that would fill the prefetch while others could run.
 *
 * As many attempts as could start now are always fetched for; beyond them up to `tasks` more, while what is pinned for
 * attempts that wait stays below `bytes` and the cache has room. So with a full cache prefetching stops and tasks go on.
 */
export interface Prefetch {
  /** Attempts whose fetch has not ended. */
  readonly size: number;
  /** How many of them wait only because of their type's `concurrency`. */
  readonly held: number;
  add(attempt: Attempt): void;
  /** Starts what may be started now. */
  advance(): void;
  /** A fetched attempt was taken from the waiting line. */
  taken(attempt: Attempt): void;
  /** Stops fetching and takes everything out that has not been handed over by `onFetched`. */
  clear(): Attempt[];
}

/** One task type's attempts. */
interface Lane {
  readonly type: RegisteredType;
  readonly unfetched: Attempt[];
  /** How many are being fetched, or are fetched and wait for their turn. */
  ahead: number;
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
  const lanes = new Map<RegisteredType, Lane>();
  let unfetched = 0;
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

  function laneOf({ type }: Attempt): Lane {
    let lane = lanes.get(type);
    if (lane === undefined) lanes.set(type, (lane = { type, unfetched: [], ahead: 0 }));
    return lane;
  }

  const isFull = ({ type, ahead }: Lane): boolean => ahead >= (type.concurrency ?? Infinity);

  /** The one that came first, of a type that is not full. */
  function first(): Attempt | undefined {
    let chosen: Attempt | undefined;
    for (const lane of lanes.values()) {
      const attempt = lane.unfetched[0];
      if (attempt === undefined || isFull(lane)) continue;
      if (attempt.attemptId < (chosen?.attemptId ?? Infinity)) chosen = attempt;
    }
    return chosen;
  }

  async function fetch(attempt: Attempt): Promise<void> {
    const lane = laneOf(attempt);
    lane.unfetched.shift();
    lane.ahead += 1;
    unfetched -= 1;
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
      return unfetched + fetching.size;
    },
    get held() {
      let held = 0;
      for (const lane of lanes.values()) if (isFull(lane)) held += lane.unfetched.length;
      return held;
    },
    add(attempt) {
      laneOf(attempt).unfetched.push(attempt);
      unfetched += 1;
    },
    advance() {
      for (let next = first(); next !== undefined && mayFetch(next); next = first()) void fetch(next);
    },
    taken(attempt) {
      if (!fetched.delete(attempt)) return;
      fetchedBytes -= attempt.inputBytes;
      laneOf(attempt).ahead -= 1;
    },
    clear() {
      const waiting = [...lanes.values()].flatMap((lane) => lane.unfetched.splice(0));
      const all = [...fetching, ...waiting];
      unfetched = 0;
      for (const attempt of fetching) laneOf(attempt).ahead -= 1;
      for (const attempt of fetching) attempt.abort(new Error("given back before its turn"));
      fetching.clear();
      return all;
    },
  };
}
