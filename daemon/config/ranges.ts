/** A number that a setting may be, with its unit; the same in the file, on the command line and in the environment. */
export interface Range {
  readonly least: number;
  readonly most: number;
  readonly whole: boolean;
  readonly unit: string;
}

export const ranges = {
  workers: { least: 1, most: 1024, whole: true, unit: "" },
  lease_seconds: { least: 1, most: 43_200, whole: false, unit: "seconds" },
  attempts: { least: 1, most: 1000, whole: true, unit: "" },
  max_deliveries: { least: 1, most: 1_000_000, whole: true, unit: "" },
  cache_bytes: { least: 0, most: 1e15, whole: true, unit: "bytes" },
  report_days: { least: 0, most: 36_500, whole: false, unit: "days" },
  poll_seconds: { least: 0.1, most: 3600, whole: false, unit: "seconds" },
} as const satisfies Record<string, Range>;

export type NumberSetting = keyof typeof ranges;

/** For a sentence: "a whole number of 1 … 1024". */
export function describeRange({ least, most, whole, unit }: Range): string {
  return `a ${whole ? "whole number" : "number"} of ${least} … ${most}${unit === "" ? "" : ` ${unit}`}`;
}

/** The number that a word spells, or undefined when it spells none or one out of range. */
export function parseNumber(word: string, range: Range): number | undefined {
  const value = /^\d+(\.\d+)?$/.test(word) ? Number(word) : Number.NaN;
  const fits = value >= range.least && value <= range.most && (!range.whole || Number.isInteger(value));
  return fits ? value : undefined;
}
