import { SimpleTasksError } from "../errors.ts";
import type { GetOptions } from "./bucket.ts";
import { showKey } from "./key.ts";

/** Which bytes of an object a get reads: `length` of them from `start` on. */
export interface ByteSpan {
  readonly start: number;
  readonly length: number;
}

/**
 * The bytes that `range` names in an object of `bytes` bytes, as HTTP has it: an `end` beyond the object means its
 * end; a `start` at or beyond the end names nothing, so an object without bytes has no range at all.
 * @throws `range_invalid`
 */
export function spanOf(range: GetOptions["range"], bytes: number, key: string): ByteSpan {
  if (range === undefined) return { start: 0, length: bytes };
  const { start, end = Infinity } = range;
  const whole = Number.isSafeInteger(start) && (end === Infinity || Number.isSafeInteger(end));
  if (!whole || start < 0 || end < start || start >= bytes) {
    const asked = `${start}–${range.end ?? ""}`;
    throw new SimpleTasksError(
      "range_invalid",
      `The object ${showKey(key)} has ${bytes} bytes; bytes ${asked} are not among them.`,
      {
        hint: "A range counts from 0 and includes both ends.",
        about: { key },
      },
    );
  }
  return { start, length: Math.min(end, bytes - 1) - start + 1 };
}
