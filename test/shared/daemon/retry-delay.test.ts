import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { retryDelay } from "../../../shared/daemon/retry-delay.ts";

describe("the delay before another attempt", () => {
  test("doubles from the first and ends at the longest", () => {
    const delays = [1, 2, 3, 4, 5].map((failures) =>
      retryDelay(failures, { firstSeconds: 2, longestSeconds: 20, random: () => 0 }),
    );
    expect(delays).toEqual([2, 4, 8, 16, 20]);
  });

  test("is shortened by chance, by a half at most", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (failures, chance) => {
          const whole = retryDelay(failures, { random: () => 0 });
          const delay = retryDelay(failures, { random: () => chance });
          expect(delay).toBeGreaterThanOrEqual(whole / 2);
          expect(delay).toBeLessThanOrEqual(whole);
          expect(whole).toBeLessThanOrEqual(300);
        },
      ),
    );
  });
});
