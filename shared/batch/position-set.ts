/** A set of positions that are added in ascending order; neighbours take no more memory than one. */
export interface PositionSet {
  readonly size: number;
  add(position: number): void;
  has(position: number): boolean;
}

export function createPositionSet(): PositionSet {
  /** The first and last position of each run, in order. */
  const firsts: number[] = [];
  const lasts: number[] = [];
  let size = 0;
  return {
    get size() {
      return size;
    },
    add(position) {
      size += 1;
      if (lasts.at(-1) === position - 1) lasts[lasts.length - 1] = position;
      else {
        firsts.push(position);
        lasts.push(position);
      }
    },
    has(position) {
      let low = 0;
      let high = lasts.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((lasts[middle] ?? 0) < position) low = middle + 1;
        else high = middle;
      }
      return (firsts[low] ?? Infinity) <= position;
    },
  };
}
