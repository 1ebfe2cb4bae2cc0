import * as fc from "fast-check";
import type { JsonValue } from "../../../shared/task/json.ts";

/** Any text a JavaScript string can hold: every plane of Unicode, control characters, halves of surrogate pairs. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
);

const keyText = fc.oneof(
  anyText,
  fc.constantFrom("__proto__", "constructor", "toString", "id", "simpletasks", ""),
);

/** Integers that a number cannot hold exactly. */
export const bigInteger: fc.Arbitrary<bigint> = fc
  .bigInt({ min: -(10n ** 40n), max: 10n ** 40n })
  .filter((value) => value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER));

/** Any value that JSON carries, `__proto__` as a key included. */
export const anyJson: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    bigInteger,
    anyText,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.array(fc.tuple(keyText, tie("value")), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  ),
})).value;

/** Quoted keys, some of them spelled with escapes. */
export const oddKey: fc.Arbitrary<string> = fc.constantFrom(
  '"a"',
  '"b"',
  '"\\u0061"',
  '"__proto__"',
  '"x\\"y"',
  '"é"',
  '"simpletasks"',
  '"payload_info"',
);

/** JSON texts that spell numbers, spacing and strings in ways that no serialiser would. */
export const oddJsonText: fc.Arbitrary<string> = fc.letrec<{ value: string; space: string }>((tie) => ({
  space: fc.constantFrom("", "", " ", "\n\t", "\r\n  "),
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(
      "1.0",
      "-0",
      "1e2",
      "1E+2",
      "0.10",
      "9223372036854775807",
      "-12345678901234567890123",
      "null",
    ),
    fc.constantFrom(
      '"\\u0041\\/"',
      '"\\"}],{[\\\\"',
      '"é\u{1F600}"',
      '"a,b:c"',
      "true",
      '""',
      "[]",
      "{}",
      "[ ]",
      "{\n}",
    ),
    fc
      .array(fc.tuple(tie("space"), tie("value"), tie("space")), { minLength: 1, maxLength: 3 })
      .map((elements) => `[${elements.map((parts) => parts.join("")).join(",")}]`),
    fc
      .array(fc.tuple(tie("space"), oddKey, tie("space"), tie("space"), tie("value"), tie("space")), {
        minLength: 1,
        maxLength: 3,
      })
      .map(
        (members) =>
          `{${members.map(([a, key, b, c, value, d]) => `${a}${key}${b}:${c}${value}${d}`).join(",")}}`,
      ),
  ),
})).value;
