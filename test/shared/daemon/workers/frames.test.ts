import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createFrameReader,
  encodeFrame,
  type Frame,
  frameMark,
} from "../../../../shared/daemon/workers/frames.ts";

const mark = frameMark("token");
const garbled = "(garbled)";

function read(pieces: readonly string[]): (string | Frame)[] {
  const found: (string | Frame)[] = [];
  const reader = createFrameReader(mark, {
    onText(text) {
      const last = found.at(-1);
      if (typeof last === "string") found[found.length - 1] = last + text;
      else found.push(text);
    },
    onFrame: (frame) => void found.push(frame),
    onGarbled: () => void found.push(garbled),
  });
  for (const piece of pieces) reader.feed(piece);
  reader.close();
  return found;
}

const oneLine = fc.string({ unit: "binary" }).map((text) => text.replaceAll("\n", ""));
const frames: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({
    kind: fc.constant("begin" as const),
    attemptId: fc.nat(),
    phase: fc.constantFrom("validate" as const, "execute" as const),
  }),
  fc.record({ kind: fc.constant("phase" as const), phase: fc.constant("finalize" as const) }),
  fc.record({
    kind: fc.constant("log" as const),
    level: fc.constantFrom("info" as const, "error" as const),
    text: oneLine,
  }),
  fc.record({ kind: fc.constant("stderr" as const), text: oneLine, ended: fc.boolean() }),
  fc.record({
    kind: fc.constant("progress" as const),
    fraction: fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0),
    note: fc.option(fc.string(), { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant("end" as const),
    attemptId: fc.nat(),
    milliseconds: fc.nat(),
    outcome: fc.array(fc.string()).map((outputs) => ({ kind: "succeeded" as const, outputs })),
  }),
  fc.constant({ kind: "over" as const }),
);
/** Printed text: escape characters and beginnings of marks too, but no whole mark. */
const printed = fc
  .array(fc.constantFrom("a", "\n", "\u001e", mark.slice(0, 3), "é", "line\n"), { minLength: 1 })
  .map((parts) => parts.join(""))
  .filter((text) => !text.includes(mark));

describe("frames within printed text", () => {
  test("come out as they went in, however the stream is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(frames, printed)), fc.array(fc.nat({ max: 20 })), (items, cuts) => {
        const stream = items
          .map((item) => (typeof item === "string" ? item : encodeFrame(mark, item).join("")))
          .join("");
        const pieces: string[] = [];
        let at = 0;
        for (const cut of cuts) pieces.push(stream.slice(at, (at += cut)));
        pieces.push(stream.slice(at));
        expect(read(pieces)).toEqual(read([stream]));
        expect(read([stream])).toEqual(joined(items));
      }),
    );
  });

  test("a long frame is made of lines that are written at once, and other programs' text may stand between them", () => {
    const frame: Frame = { kind: "log", level: "info", text: "😀é".repeat(5000) };
    const lines = encodeFrame(mark, frame);
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(4096);
    expect(read(lines.map((line) => Buffer.from(line).toString()))).toEqual([frame]);
    expect(read([lines.join("from a child\n")])).toEqual(["from a child\n".repeat(lines.length - 1), frame]);
  });

  test.each([
    ["a mark that nothing known follows", `${mark}?what\n`],
    ["half of a frame", `${mark}x{"attemptId":1,"outc\n`],
    ["an end without an outcome", `${mark}x{"attemptId":1,"milliseconds":1}\n`],
    ["a phase that workers do not have", `${mark}b1 report\n`],
    ["an attempt without a number", `${mark}bone execute\n`],
    ["a level that does not exist", `${mark}lloud text\n`],
    ["progress that is none", `${mark}g{}\n`],
    ["a frame within another one's pieces", `${mark}+x{"a\n${mark}o\n`],
    ["a line that does not end", `${mark}x${"y".repeat(5000)}`],
  ])("%s: the stream is garbled, and nothing more is read", (_what, text) => {
    expect(read([`${text}next`, `${mark}o\n`])).toEqual([garbled]);
    expect(read([...text, `${mark}o\n`])).toEqual([garbled]);
  });
});

/** Texts beside each other read as one. */
function joined(items: readonly (string | Frame)[]): (string | Frame)[] {
  const result: (string | Frame)[] = [];
  for (const item of items) {
    const last = result.at(-1);
    if (typeof item === "string" && typeof last === "string") result[result.length - 1] = last + item;
    else result.push(item);
  }
  return result;
}
