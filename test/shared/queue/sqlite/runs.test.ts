import * as fc from "fast-check";
import { expect, test } from "vitest";
import { runsOf, singles } from "../../../../shared/queue/sqlite/runs.ts";

const leasesArbitrary = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 2 })), { maxLength: 30 })
  .map((pairs) => ({ ids: pairs.map(([id]) => id), tokens: pairs.map(([, token]) => token) }));

test("runs hold every lease once, and nothing but consecutive ids of one token", () => {
  fc.assert(
    fc.property(leasesArbitrary, (leases) => {
      const runs = runsOf(leases);
      const places = runs.flatMap((run) => run.places);
      expect(places.toSorted((one, other) => one - other)).toEqual(leases.ids.map((_, place) => place));
      for (const run of runs) {
        expect(run.places.map((place) => leases.ids[place])).toEqual(
          run.places.map((_, index) => run.first + index),
        );
        expect(run.last).toBe(run.first + run.places.length - 1);
        expect(run.places.every((place) => leases.tokens[place] === run.token)).toBe(true);
        const alone = run.places.map((place, index) => ({
          first: run.first + index,
          last: run.first + index,
          token: run.token,
          places: [place],
        }));
        expect(singles(run)).toEqual(alone);
      }
    }),
  );
});

test("what one receive gave is one run, in whatever order it comes back", () => {
  expect(runsOf({ ids: [7, 5, 8, 6], tokens: [3, 3, 3, 3] })).toEqual([
    { first: 5, last: 8, token: 3, places: [1, 3, 0, 2] },
  ]);
});
