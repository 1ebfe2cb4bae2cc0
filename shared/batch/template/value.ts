import { describe } from "../../task/document-fields.ts";
import { parseJson, quoteJson, toAscii } from "../../task/json.ts";

/** What a variable stands for in one task. */
export interface Value {
  /** As JSON, in ASCII; numbers as they were written. */
  readonly json: string;
  /** Within a text; undefined where it has no form there: null, lists, objects. */
  readonly text: string | undefined;
  /** Set for whole numbers, which can be added to. */
  readonly whole: bigint | undefined;
}

export function wholeValue(whole: bigint): Value {
  const digits = String(whole);
  return { json: digits, text: digits, whole };
}

export function textValue(text: string): Value {
  return { json: quoteJson(text), text, whole: undefined };
}

/** @param json any JSON, as it is written */
export function jsonValue(json: string): Value {
  const value = parseJson(json);
  if (typeof value === "string") return textValue(value);
  const text = typeof value === "object" ? undefined : json;
  return { json: toAscii(json), text, whole: /^-?\d+$/.test(json) ? BigInt(json) : undefined };
}

/** For a sentence: "an object", "the text …". */
export function describeValue({ json }: Value): string {
  return describe(parseJson(json));
}
