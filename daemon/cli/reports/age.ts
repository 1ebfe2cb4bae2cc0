import { SimpleTasksError } from "../../../shared/errors.ts";

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 7 * 86_400 };

/**
 * The milliseconds of an age as people write it: 90s, 30m, 2h, 7d, 2w, 1.5h.
 * @param flag where it was typed
 * @throws `usage`
 */
export function parseAge(flag: string, word: string): number {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)([smhdw])$/.exec(word) ?? [];
  const seconds = units[unit];
  if (seconds !== undefined) return Number(number) * seconds * 1000;
  throw new SimpleTasksError("usage", `${flag} must be an age such as 90s, 30m, 2h or 7d, not "${word}"`);
}

/** "12 s", "5 min", "3 h", "9 d": how long ago a moment was. */
export function ageText(then: number, now = Date.now()): string {
  const seconds = Math.max(0, (now - then) / 1000);
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 100 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}
