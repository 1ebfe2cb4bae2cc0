import fc from "fast-check";
import { expect, test } from "vitest";
import { createLineAssembler, LONGEST_LINE } from "../../../../shared/daemon/phases/lines.ts";

function linesOf(pieces: readonly string[]): string[] {
  const lines: string[] = [];
  const assembler = createLineAssembler((line) => void lines.push(line));
  for (const piece of pieces) assembler.push(piece);
  assembler.flush();
  return lines;
}

test("lines are the same however the text is cut", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom("a", "\n", "é", " ") })), (pieces) => {
      const text = pieces.join("");
      const expected = text.endsWith("\n") || text === "" ? text.split("\n").slice(0, -1) : text.split("\n");
      expect(linesOf(pieces)).toEqual(expected);
    }),
  );
});

test("carriage returns before the newline are left out", () => {
  expect(linesOf(["a\r\nb\r", "\nc"])).toEqual(["a", "b", "c"]);
});

test("a line that is too long is cut, and says by how much, also when it comes in pieces", () => {
  const piece = "x".repeat(1000);
  const [line, next] = linesOf([...Array.from({ length: 40 }, () => piece), "\nnext"]);
  expect(line).toBe(`${"x".repeat(LONGEST_LINE)} … (${40_000 - LONGEST_LINE} more characters left out)`);
  expect(next).toBe("next");
});
