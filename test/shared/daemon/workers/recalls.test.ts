import { expect, test } from "vitest";
import { createRecalls } from "../../../../shared/daemon/workers/recalls.ts";

function recalls(): {
  readonly recalls: ReturnType<typeof createRecalls>;
  readonly back: (readonly number[])[];
} {
  const back: (readonly number[])[] = [];
  return { recalls: createRecalls((attemptIds) => void back.push(attemptIds)), back };
}

test("an answer after the attempts were taken back without it changes nothing", () => {
  const { recalls: open, back } = recalls();
  const id = open.open([1, 2]);
  open.settle(id, [1, 2]);
  open.settle(id, [1, 2]);
  expect(back).toEqual([[1, 2]]);
});

test("an attempt that came back by one recall does not come back by another", () => {
  const { recalls: open, back } = recalls();
  const first = open.open([1, 2]);
  const second = open.open([1, 2]);
  open.settle(first, [1]);
  open.settle(second, [1, 2]);
  expect(back).toEqual([[1], [2]]);
});

test("one that had begun stays", () => {
  const { recalls: open, back } = recalls();
  open.settle(open.open([1, 2]), [2]);
  expect(back).toEqual([[2]]);
});
