import fc from "fast-check";
import { expect, test } from "vitest";
import { TransientMap } from "../../shared/transient-map.ts";

type Step =
  | readonly ["set", number, { readonly value: number }]
  | readonly ["delete", number]
  | readonly ["clear"];

const key = fc.nat({ max: 8 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.tuple(fc.constant("set" as const), key, fc.record({ value: fc.nat() })) },
    { weight: 6, arbitrary: fc.tuple(fc.constant("delete" as const), key) },
    { weight: 1, arbitrary: fc.tuple(fc.constant("clear" as const)) },
  ),
);

test("it holds what a map holds, in the same order", () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const map = new Map<number, object>();
      const transient = new TransientMap<number, object>();
      for (const step of taken) {
        if (step[0] === "set") {
          map.set(step[1], step[2]);
          transient.set(step[1], step[2]);
        } else if (step[0] === "delete") expect(transient.delete(step[1])).toBe(map.delete(step[1]));
        else {
          map.clear();
          transient.clear();
        }
        expect([...transient.keys()]).toEqual([...map.keys()]);
        expect([...transient.values()]).toEqual([...map.values()]);
        expect(transient.size).toBe(map.size);
        for (let wanted = 0; wanted <= 8; wanted += 1) {
          expect(transient.get(wanted)).toBe(map.get(wanted));
          expect(transient.has(wanted)).toBe(map.has(wanted));
        }
      }
    }),
  );
});
