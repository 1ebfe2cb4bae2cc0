import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isSimpleTasksError } from "../../../shared/errors.ts";
import { parseJson, quoteJson, stringifyJson, toAscii } from "../../../shared/task/json.ts";
import { anyJson, anyText, bigInteger, oddJsonText } from "./arbitraries.ts";

const ascii = /^[\0-\x7f]*$/;

describe("parsing", () => {
  test("integers beyond the safe range come back digit for digit, wherever they stand", () => {
    fc.assert(
      fc.property(bigInteger, anyText, (value, key) => {
        expect(parseJson(String(value))).toBe(value);
        expect(parseJson(`{${quoteJson(key)}: [${value}]}`)).toEqual(Object.fromEntries([[key, [value]]]));
      }),
    );
  });

  test.each([
    ["9007199254740991", 9007199254740991],
    ["9007199254740992", 9007199254740992n],
    ["-9007199254740991", -9007199254740991],
    ["-9007199254740992", -9007199254740992n],
    ["9223372036854775807", 9223372036854775807n],
    ["0.12345678901234567890", 0.12345678901234568],
    ["1e20", 1e20],
    ["1.0", 1],
    ['"12345678901234567890"', "12345678901234567890"],
  ])("%s is read as %s", (text, value) => {
    expect(parseJson(text)).toBe(value);
  });

  test.each(['{"__proto__": {"polluted": true}}', '{"__proto__": {"polluted": 12345678901234567890}}'])(
    "a key __proto__ is a property like any other: %s",
    (text) => {
      const value = parseJson(text);
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      expect(Object.hasOwn(Object(value), "__proto__")).toBe(true);
      expect("polluted" in {}).toBe(false);
      expect(parseJson(stringifyJson(value))).toEqual(value);
    },
  );

  test("agrees with JSON.parse on everything that holds no big integer", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        fc.pre(!/\d{16}/.test(text));
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });
});

describe("writing", () => {
  test("gives ASCII that reads back as the same value", () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        const text = stringifyJson(value);
        expect(text).toMatch(ascii);
        // The types too: a large number stays a number, and no bigint becomes one.
        expect(isDeepStrictEqual(parseJson(text), value)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  const cycle: { inner: unknown[] } = { inner: [] };
  cycle.inner.push({ back: cycle });
  class Point {
    x = 1;
  }

  test.each<[path: string, value: unknown]>([
    ["payload_info", undefined],
    ["payload_info", Number.NaN],
    ["payload_info.thresholds[3]", { thresholds: [1, 2, 3, Number.POSITIVE_INFINITY] }],
    ["payload_info.optional", { optional: undefined }],
    ["payload_info[1]", Object.assign([1], { 2: 3 })],
    ["payload_info.f", { f: () => 1 }],
    ["payload_info.s", { s: Symbol("s") }],
    ["payload_info[Symbol(key)]", { [Symbol("key")]: 1 }],
    ["payload_info.when", { when: new Date(0) }],
    ["payload_info.map", { map: new Map() }],
    ["payload_info.point", { point: new Point() }],
    ["payload_info.bytes", { bytes: new Uint8Array(2) }],
    ['payload_info["a b"].c', { "a b": { c: undefined } }],
    ["payload_info.inner[0].back", cycle],
  ])("refuses what JSON would drop or change, by its path: %s", (path, value) => {
    const refused = catchError(() => stringifyJson(value, "payload_info"));
    expect(isSimpleTasksError(refused, "payload_invalid")).toBe(true);
    expect(String(refused)).toContain(`: ${path} is `);
  });

  test("an object that stands in two places is no cycle", () => {
    const shared = { a: 1 };
    expect(stringifyJson([shared, shared])).toBe('[{"a":1},{"a":1}]');
  });

  test("nesting too deep for the stack is refused, not a crash", () => {
    let deep: unknown = [];
    for (let level = 0; level < 200_000; level++) deep = [deep];
    expect(
      isSimpleTasksError(
        catchError(() => stringifyJson(deep)),
        "payload_invalid",
      ),
    ).toBe(true);
  });
});

describe("making a text ASCII", () => {
  test("escapes what is not ASCII and touches nothing else", () => {
    expect(toAscii('{"é": 1.0, "a":"\u{1F600}\\n"}')).toBe('{"\\u00e9": 1.0, "a":"\\ud83d\\ude00\\n"}');
    fc.assert(
      fc.property(oddJsonText, (text) => {
        expect(toAscii(text)).toMatch(ascii);
        expect(JSON.parse(toAscii(text))).toEqual(JSON.parse(text));
        expect(toAscii(text).replaceAll(/\\u[89a-f0][0-9a-f]{3}/g, "")).toBe(
          text.replaceAll(/[\u0080-\uffff]|\\u[89a-f0][0-9a-f]{3}/g, ""),
        );
      }),
    );
  });

  test("any text survives as a string, halves of surrogate pairs included", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(quoteJson(text)).toMatch(ascii);
        expect(JSON.parse(quoteJson(text))).toBe(text);
      }),
    );
  });
});

function catchError(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
