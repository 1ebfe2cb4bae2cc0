/** Bounds that divide sizes into classes: class 0 lies below the first one, class 1 below the second one, and so on. */
export class Thresholds {
  readonly id: string;
  readonly bounds: readonly number[];

  constructor(id: string, bounds: readonly number[]) {
    this.id = id;
    this.bounds = [...bounds].sort((a, b) => a - b);
  }

  classOf(size: number): number {
    return this.bounds.filter((bound) => bound <= size).length;
  }
}
