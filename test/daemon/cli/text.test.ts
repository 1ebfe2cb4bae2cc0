import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeForTerminal } from "../../../daemon/cli/escape.ts";
import { bar, bytesText, counted, table } from "../../../daemon/cli/format.ts";
import { linesOf } from "../../../shared/lines.ts";

describe("text for a terminal", () => {
  it("holds no character that moves, colours or reorders", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const shown = escapeForTerminal(text);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/u);
        if (!/[\p{Cc}\p{Cs}\p{Cf}\p{Zl}\p{Zp}]/u.test(text)) expect(shown).toBe(text);
      }),
    );
  });

  it("shows what it replaced", () => {
    expect(escapeForTerminal("a\n\tb\u001b[2J\u202e")).toBe(String.raw`a\n\tb\u{1b}[2J\u{202e}`);
    expect(escapeForTerminal("\ud800x 😀 ä")).toBe(String.raw`\u{d800}x 😀 ä`);
  });
});

describe("lines", () => {
  const cut = async function* (bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
    let start = 0;
    for (let turn = 0; start < bytes.length; turn += 1) {
      const size = sizes[turn % sizes.length] ?? 1;
      yield bytes.subarray(start, start + size);
      start += size;
    }
  };

  it("are the same however the bytes arrive", async () => {
    const line = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll(/[\r\n\ufeff]/g, ""));
    await fc.assert(
      fc.asyncProperty(
        fc.array(line),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        async (texts, sizes) => {
          const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(""));
          const found = await Array.fromAsync(linesOf(cut(bytes, sizes), "text"));
          expect(found).toEqual(texts.map((text, index) => ({ text, number: index + 1 })));
        },
      ),
    );
  });

  it("need no end at the end", async () => {
    const found = await Array.fromAsync(linesOf(cut(Buffer.from("\ufeffa\r\nb"), [1]), "text"));
    expect(found.map(({ text }) => text)).toEqual(["a", "b"]);
  });

  it("tell the line of bytes that are no UTF-8, also when the text ends in mid-character", async () => {
    const read = (...bytes: number[]): Promise<unknown> =>
      Array.fromAsync(linesOf(cut(Uint8Array.from(bytes), [1]), "text"));
    await expect(read(0x61, 0x0a, 0xff)).rejects.toThrow(
      "text: the text is not UTF-8, at line 2 or soon after",
    );
    await expect(read(0x61, 0x0a, 0xe2, 0x82)).rejects.toMatchObject({ code: "message_invalid" });
  });
});

describe("numbers for people", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1500, "1.5 KB"],
    [78_888_990, "78.9 MB"],
    [999_999, "1.0 MB"],
    [123_456_789, "123 MB"],
    [5e15, "5000 TB"],
  ])("%d bytes are %s", (bytes, text) => expect(bytesText(bytes)).toBe(text));

  it("counts", () => {
    expect([counted(1, "task"), counted(12_000, "task")]).toEqual(["1 task", "12,000 tasks"]);
  });

  it("stand in columns", () => {
    expect(
      table([
        ["a", "b"],
        ["long", "c"],
      ]),
    ).toEqual(["a     b", "long  c"]);
  });
});

describe("a bar", () => {
  it.each([
    [0, "░░░░"],
    [0.5, "██░░"],
    [0.999, "███░"],
    [1, "████"],
  ])("of %d is full only when all is done", (fraction, shown) => {
    expect(bar(fraction, 4)).toBe(shown);
  });
});
