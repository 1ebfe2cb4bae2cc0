import { SimpleTasksError } from "../errors.ts";
import { jsonPath } from "./json-path.ts";

/** What a JSON text holds. Integers that a number cannot hold exactly are bigints. */
export type JsonValue = null | boolean | number | bigint | string | JsonValue[] | JsonObject;

export interface JsonObject {
  [key: string]: JsonValue;
}

/** Whether the value is an object, and neither a list nor null. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Parses a JSON text as `JSON.parse` does, except that whole numbers outside the safe range (±(2^53 − 1)) that are
 * written as digits alone come back as bigints. A key `__proto__` becomes a property like any other.
 *
 * @throws SyntaxError when it is not JSON; RangeError when it is nested too deeply to be read.
 */
export function parseJson(text: string): JsonValue {
  return mayHoldBigInteger.test(text) ? JSON.parse(text, exactInteger) : JSON.parse(text);
}

/** The smallest unsafe integer has 16 digits. Digits after a point cannot make one. */
const mayHoldBigInteger = /(?:^|[^.\d])\d{16}/;
const digitsAlone = /^-?\d+$/;

function exactInteger(_key: string, value: JsonValue, context?: { readonly source?: string }): JsonValue {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && digitsAlone.test(source) ? BigInt(source) : value;
}

/**
 * Writes a value as ASCII JSON that reads back as the same value: bigints as digits, large numbers with an
 * exponent, `-0` as `-0`.
 *
 * Whatever JSON would drop or change is refused: undefined, functions, symbols, NaN and infinities, holes, cycles, and
 * every object that is neither an array nor a plain object (a Date, a Map, an instance of a class).
 *
 * @param name what paths in errors begin with
 * @throws `payload_invalid` naming the path: `payload_info.thresholds[3] is NaN, which JSON cannot carry`.
 */
export function stringifyJson(value: unknown, name = ""): string {
  const writer: Writer = { name, steps: [], ancestors: new Set() };
  try {
    return written(value, writer);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new SimpleTasksError("payload_invalid", `${jsonPath(name, [])} is nested too deeply for JSON`, {
      cause: error,
    });
  }
}

/** A text as an ASCII JSON string, quotes included. Lone surrogates are kept as `\udXXX`. */
export function quoteJson(text: string): string {
  return toAscii(JSON.stringify(text));
}

/** Escapes what is not ASCII in a JSON text as `\uXXXX`, and touches nothing else. */
export function toAscii(jsonText: string): string {
  return notAscii.test(jsonText) ? jsonText.replaceAll(everyNotAscii, escaped) : jsonText;
}

const notAscii = /[\u0080-\uffff]/;
const everyNotAscii = /[\u0080-\uffff]/g;

function escaped(codeUnit: string): string {
  return `\\u${codeUnit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

interface Writer {
  readonly name: string;
  /** The way from the root to the value that is being written. */
  readonly steps: PropertyKey[];
  /** The objects on that way: meeting one of them again is a cycle. */
  readonly ancestors: Set<object>;
}

function written(value: unknown, writer: Writer): string {
  switch (typeof value) {
    case "string":
      return quoteJson(value);
    case "boolean":
    case "bigint":
      return String(value);
    case "number":
      if (!Number.isFinite(value)) throw refusal(writer, String(value));
      return writtenNumber(value);
    case "object":
      return value === null ? "null" : writtenObject(value, writer);
    case "undefined":
      throw refusal(writer, "undefined", "Leave the key out, or use null.");
    default:
      throw refusal(writer, `a ${typeof value}`);
  }
}

/** A large number is written with an exponent: its digits alone would read back as a bigint. */
function writtenNumber(value: number): string {
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return value.toExponential();
  return Object.is(value, -0) ? "-0" : String(value);
}

function writtenObject(value: object, writer: Writer): string {
  if (writer.ancestors.has(value)) throw refusal(writer, "an object that holds itself");
  writer.ancestors.add(value);
  const text = Array.isArray(value) ? writtenList(value, writer) : writtenRecord(value, writer);
  writer.ancestors.delete(value);
  return text;
}

function writtenList(list: readonly unknown[], writer: Writer): string {
  // By index, so that holes are met as undefined.
  const texts: string[] = [];
  for (let index = 0; index < list.length; index++) {
    writer.steps.push(index);
    texts.push(written(list[index], writer));
    writer.steps.pop();
  }
  return `[${texts.join(",")}]`;
}

function writtenRecord(record: object, writer: Writer): string {
  if (!isPlain(record)) throw refusal(writer, kindOf(record), hints.get(kindOf(record)));
  const [symbol] = Object.getOwnPropertySymbols(record);
  if (symbol !== undefined) {
    writer.steps.push(symbol);
    throw refusal(writer, "under a symbol as key");
  }
  const texts: string[] = [];
  for (const [key, value] of Object.entries(record)) {
    writer.steps.push(key);
    texts.push(`${quoteJson(key)}:${written(value, writer)}`);
    writer.steps.pop();
  }
  return `{${texts.join(",")}}`;
}

/** Plain objects of other realms (vm contexts) too: their prototype is some realm's `Object.prototype`. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

function kindOf(value: object): string {
  const name: unknown = value.constructor?.name;
  return typeof name === "string" && name !== "" ? `a ${name}` : "an instance of a class";
}

const hints: ReadonlyMap<string, string> = new Map([
  ["a Date", "Pass date.toISOString()."],
  ["a Map", "Pass Object.fromEntries(map)."],
  ["a Set", "Pass [...set]."],
  ["a URL", "Pass url.href."],
]);

function refusal(writer: Writer, found: string, hint?: string): SimpleTasksError {
  const path = jsonPath(writer.name, writer.steps);
  return new SimpleTasksError(
    "payload_invalid",
    `${path} is ${found}, which JSON cannot carry`,
    hint === undefined ? {} : { hint },
  );
}
