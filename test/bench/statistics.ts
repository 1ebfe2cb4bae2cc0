/** The value below which `share` (0 … 1) of the values lie, by the nearest rank; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** Of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}

/** How many per second `work` did of what it resolves to the number of. */
export async function perSecond(work: () => Promise<number>): Promise<number> {
  const start = performance.now();
  const done = await work();
  return (done / (performance.now() - start)) * 1000;
}
