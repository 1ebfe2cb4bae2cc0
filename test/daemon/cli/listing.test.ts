import { mkdir, writeFile } from "node:fs/promises";
import { Writable } from "node:stream";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openColumns } from "../../../daemon/cli/columns.ts";
import type { Call } from "../../../daemon/cli/call.ts";
import { escapeForTerminal } from "../../../daemon/cli/escape.ts";
import { printTable } from "../../../daemon/cli/listing.ts";
import { openTerminal, type Output } from "../../../daemon/cli/terminal.ts";
import { beginningOf, endOf, textWidth } from "../../../daemon/cli/text-width.ts";
import { openBucket } from "../../../shared/bucket/open.ts";
import { makeFolder, type Folder } from "./command-line.ts";
import { hasTerminal, runOnTerminal } from "./on-terminal.ts";

function output(screen: { columns: number; rows: number } | undefined): {
  stream: Output;
  lines(): string[];
} {
  let text = "";
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  return {
    stream: Object.assign(stream, screen === undefined ? {} : { isTTY: true, ...screen }),
    lines: () => text.split("\n").slice(0, -1),
  };
}

/** A call whose terminal has no pager: its kind is not named. */
function callOn(screen?: { columns: number; rows: number }) {
  const [out, err] = [output(screen), output(undefined)];
  const call: Call = {
    words: [],
    flags: {},
    terminal: openTerminal(out.stream, err.stream),
    environment: {},
    currentDirectory: "/",
    signals: {
      signal: new AbortController().signal,
      exitCode: undefined,
      onFurther() {},
      interrupt() {},
      [Symbol.dispose]() {},
    },
  };
  return { call, out: out.lines, err: err.lines, stream: out.stream };
}

const columns = [
  { title: "BYTES", align: "right" },
  { title: "NAME", shrink: "end" },
  { title: "KEY", shrink: "middle" },
] as const;

describe("the width of a text", () => {
  it.each([
    ["", 0],
    ["abc", 3],
    ["日本語", 6],
    ["한글", 4],
    ["Ａ", 2],
    ["ｶﾅ", 2],
    ["e\u0301\u0323", 1],
    ["ÄÖ", 2],
    ["👩‍👩‍👧x", 3],
    ["🇩🇪", 2],
    ["☺\ufe0f", 2],
    ["…", 1],
  ])("of %j is %d", (text, width) => expect(textWidth(text)).toBe(width));

  it("bounds its beginnings and ends, which are as long as they can be", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(20), (text, width) => {
        const [beginning, end] = [beginningOf(text, width), endOf(text, width)];
        expect(text.startsWith(beginning) && text.endsWith(end)).toBe(true);
        for (const part of [beginning, end]) {
          expect(textWidth(part)).toBeLessThanOrEqual(width);
          if (part !== text) expect(textWidth(part)).toBeGreaterThanOrEqual(width - 1);
        }
      }),
    );
  });
});

describe("a table on a screen", () => {
  const row = fc.tuple(
    fc.nat(1e6).map(String),
    fc.string({ unit: "grapheme", maxLength: 60 }),
    fc.string({ unit: "grapheme", maxLength: 200 }),
  );

  it("is no wider than the screen, whatever comes", () => {
    fc.assert(
      fc.property(fc.array(row), fc.integer({ min: 30, max: 120 }), (rows, room) => {
        const layout = openColumns(columns, room);
        for (const cells of rows) expect(textWidth(layout.line(cells))).toBeLessThanOrEqual(room);
      }),
    );
  });

  it("cuts what may be cut, where its column says", async () => {
    vi.stubEnv("NO_COLOR", "1");
    const { call, out } = callOn({ columns: 40, rows: 24 });
    await printTable(call, {
      columns,
      rows: [
        ["7", "a name that is long", "datasets/cells/0_input/4.dat"],
        ["12000000", "b", "日本語/日本語/日本語/日本語/4.dat"],
      ],
      empty: "",
    });
    expect(out()).toEqual([
      "   BYTES  NAME            KEY",
      "       7  a name that i…  datase…t/4.dat",
      "12000000  b               日本語…/4.dat",
    ]);
  });

  it("escapes every cell", async () => {
    const { call, out } = callOn({ columns: 80, rows: 24 });
    await printTable(call, { columns, rows: [["1", "a\nb", "\u001b[2J\u202e"]], empty: "" });
    expect(out()[1]).toBe(String.raw`    1  a\nb  \u{1b}[2J\u{202e}`);
  });
});

describe("a table elsewhere", () => {
  it("is cut nowhere", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "binary", maxLength: 300 }), { minLength: 3, maxLength: 3 }),
        (cells) => {
          const line = openColumns(columns, undefined).line(cells);
          for (const cell of cells) expect(line).toContain(escapeForTerminal(cell).trimEnd());
        },
      ),
    );
  });

  it("makes room for a row that comes late and is wider", async () => {
    const { call, out } = callOn();
    const rows = Array.from({ length: 300 }, (_, index) => [
      String(index),
      index === 250 ? "wide name" : "n",
      "k",
    ]);
    await printTable(call, { columns, rows, empty: "" });
    expect(out()[250]).toBe("  249  n     k");
    expect(out()[251]).toBe("  250  wide name  k");
    expect(out()[252]).toBe("  251  n          k");
  });

  it("begins before its rows end, and stops reading them when nobody reads it", async () => {
    const { call, stream, out } = callOn();
    let ended = false;
    async function* endless(): AsyncGenerator<string[]> {
      try {
        for (let index = 0; ; index += 1) {
          if (index === 500) {
            stream.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
            await new Promise((resolve) => stream.once("close", resolve));
          }
          yield [String(index), "n", "k"];
        }
      } finally {
        ended = true;
      }
    }
    const { rows, complete } = await printTable(call, { columns, rows: endless(), empty: "" });
    expect({ ended, complete }).toEqual({ ended: true, complete: false });
    // The row that was asked for when the reader went is written into nothing.
    expect(rows).toBe(501);
    expect(out()).toHaveLength(501);
  });

  it("without rows says so, without a header", async () => {
    const { call, out, err } = callOn();
    expect(await printTable(call, { columns, rows: [], empty: "nothing here" })).toEqual({
      rows: 0,
      complete: true,
    });
    expect([out(), err()]).toEqual([[], ["nothing here"]]);
  });

  it("tells whose rows failed, after what came before", async () => {
    const { call, out } = callOn();
    async function* failing(): AsyncGenerator<string[]> {
      for (let index = 0; index < 400; index += 1) yield [String(index), "n", "k"];
      throw new Error("no more");
    }
    await expect(printTable(call, { columns, rows: failing(), empty: "" })).rejects.toThrow("no more");
    expect(out()).toHaveLength(401);
  });
});

describe.runIf(hasTerminal)("a long table on a terminal", () => {
  let folder: Folder;
  beforeAll(async () => {
    folder = await makeFolder();
    await using bucket = await openBucket("file:.simpletasks/bucket", { baseDirectory: folder.path });
    for (let index = 0; index < 30; index += 1) await bucket.put(`long/${10 + index}.dat`, "x");
    for (const name of ["a", "b"]) await bucket.put(`short/${name}`, "x");
    // More than a pipe holds.
    const many = folder.file(".simpletasks", "bucket", "many");
    await mkdir(many);
    await Promise.all(Array.from({ length: 3000 }, (_, index) => writeFile(`${many}/${index}.dat`, "")));
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  const lines = (screen: string): string[] => screen.split("\n").slice(0, -1);

  it("goes through the pager, and its total follows", async () => {
    const environment = { PAGER: "sed 's/^/> /'" };
    const { code, screen } = await runOnTerminal(folder, ["bucket", "ls", "long"], { rows: 20, environment });
    expect(code).toBe(0);
    expect(lines(screen)).toHaveLength(32);
    expect(screen).toMatch(/^> BYTES {2}MODIFIED +KEY\n> {5}1 {2}[\d :-]+ {2}long\/10\.dat\n/);
    expect(lines(screen).at(-1)).toBe("30 objects, 30 B");
  });

  it("does not when it is shorter than the screen, or PAGER is cat", async () => {
    const environment = { PAGER: "false" };
    const short = await runOnTerminal(folder, ["bucket", "ls", "short"], { environment });
    expect(short).toMatchObject({
      code: 0,
      screen: expect.stringMatching(/^BYTES.*\n.*short\/a\n.*short\/b\n2 objects/),
    });
    const cat = await runOnTerminal(folder, ["bucket", "ls", "long"], {
      rows: 10,
      environment: { PAGER: "cat" },
    });
    expect(lines(cat.screen)).toHaveLength(32);
  });

  it("ends quietly when the person leaves the pager", async () => {
    const environment = { PAGER: "head -n 2" };
    const { code, screen } = await runOnTerminal(folder, ["bucket", "ls", "many"], { rows: 10, environment });
    expect({ code, lines: lines(screen).length }).toEqual({ code: 0, lines: 2 });
  });

  it("says so when there is no such pager", async () => {
    const environment = { PAGER: "no-such-pager" };
    const { code, screen } = await runOnTerminal(folder, ["bucket", "ls", "long"], { rows: 10, environment });
    expect(code).toBe(1);
    expect(screen).toMatch(/the pager "no-such-pager" could not be started\nhint: Set PAGER/);
  });
});
