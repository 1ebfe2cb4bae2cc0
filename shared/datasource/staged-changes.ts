/** What an attempt has changed: the newest change of each key. */
export interface StagedChanges {
  /** Numbers a change when it is asked for: of two changes of a key the one asked for last holds, whichever ends first. */
  next(): number;
  put(key: string, sequence: number, file: string, onlyCache: boolean): void;
  delete(key: string, sequence: number): void;
  get(key: string): StagedChange | undefined;
  /** The puts that hold, in the order of the first put of each key. */
  puts(): StagedPut[];
  /** The keys whose deletion holds. */
  deletes(): string[];
  readonly isEmpty: boolean;
  clear(): void;
}

export type StagedChange = StagedPut | StagedDelete;

export interface StagedPut {
  readonly kind: "put";
  readonly key: string;
  readonly sequence: number;
  /** Of the first put of this key, whether or not a delete came between. */
  readonly firstSequence: number;
  readonly file: string;
  readonly onlyCache: boolean;
}

interface StagedDelete {
  readonly kind: "delete";
  readonly key: string;
  readonly sequence: number;
  /** Of the first put of this key, if there was one. */
  readonly firstSequence: number | undefined;
}

export function createStagedChanges(): StagedChanges {
  const changes = new Map<string, StagedChange>();
  let count = 0;

  function firstPut(key: string, sequence: number): number {
    return Math.min(changes.get(key)?.firstSequence ?? sequence, sequence);
  }

  function isOutdated(key: string, sequence: number): boolean {
    return (changes.get(key)?.sequence ?? -1) > sequence;
  }

  return {
    next: () => count++,
    put(key, sequence, file, onlyCache) {
      const firstSequence = firstPut(key, sequence);
      const change: StagedChange | undefined = isOutdated(key, sequence) ? changes.get(key) : undefined;
      if (change === undefined)
        changes.set(key, { kind: "put", key, sequence, firstSequence, file, onlyCache });
      else changes.set(key, { ...change, firstSequence });
    },
    delete(key, sequence) {
      if (isOutdated(key, sequence)) return;
      changes.set(key, { kind: "delete", key, sequence, firstSequence: changes.get(key)?.firstSequence });
    },
    get: (key) => changes.get(key),
    puts: () =>
      [...changes.values()]
        .filter((change) => change.kind === "put")
        .sort((one, other) => one.firstSequence - other.firstSequence),
    deletes: () => [...changes.values()].filter((change) => change.kind === "delete").map(({ key }) => key),
    get isEmpty() {
      return changes.size === 0;
    },
    clear: () => changes.clear(),
  };
}
