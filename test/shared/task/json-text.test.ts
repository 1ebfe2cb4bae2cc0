import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { editMembers, elementTexts, memberText } from "../../../shared/task/json-text.ts";
import { oddJsonText, oddKey } from "./arbitraries.ts";

const oddObject = oddJsonText.filter((text) => text.startsWith("{"));
const parsedKey = oddKey.map((quoted): string => JSON.parse(quoted));

describe("reading by text", () => {
  test("a member's text is what stands there, and parses to what JSON.parse finds", () => {
    expect(memberText('{ "a" : 1.0 , "b":[ 1, 2 ] }', "a")).toBe("1.0");
    expect(memberText('{ "a" : 1.0 , "b":[ 1, 2 ] }', "b")).toBe("[ 1, 2 ]");
    fc.assert(
      fc.property(oddObject, parsedKey, (text, key) => {
        const whole = JSON.parse(text);
        const found = memberText(text, key);
        expect(found !== undefined).toBe(Object.hasOwn(whole, key));
        if (found === undefined) return;
        expect(text).toContain(found);
        expect(JSON.parse(found)).toEqual(Object.getOwnPropertyDescriptor(whole, key)?.value);
      }),
    );
  });

  test("of two members with one key the last counts", () => {
    expect(memberText('{"a":1,"\\u0061":2}', "a")).toBe("2");
  });

  test.each(["[]", "[1]", "1", '"{"', "null", "{}", " { } "])("%s has no member", (text) => {
    expect(memberText(text, "a")).toBeUndefined();
  });

  test("a list gives its elements' texts; what is no list gives none", () => {
    expect(elementTexts(' [ {"a": 1.0} , [2 ,3],"x,]" , -0 ]\n')).toEqual([
      '{"a": 1.0}',
      "[2 ,3]",
      '"x,]"',
      "-0",
    ]);
    expect(elementTexts("[]")).toEqual([]);
    expect(elementTexts('{"a":[1]}')).toBeUndefined();
    fc.assert(
      fc.property(fc.array(oddJsonText), (texts) => {
        expect(elementTexts(`[ ${texts.join(" ,\n")} ]`)).toEqual(texts);
      }),
    );
  });
});

describe("editing by text", () => {
  test("set and remove do what they would do to the parsed object", () => {
    fc.assert(
      fc.property(oddObject, parsedKey, parsedKey, oddJsonText, (text, set, removed, value) => {
        fc.pre(set !== removed);
        const edited: unknown = JSON.parse(
          editMembers(
            text,
            Object.fromEntries([
              [set, value],
              [removed, undefined],
            ]),
          ),
        );
        const entries = Object.entries(JSON.parse(text)).filter(([key]) => key !== removed && key !== set);
        expect(edited).toEqual(Object.fromEntries([...entries, [set, JSON.parse(value)]]));
      }),
      { numRuns: 500 },
    );
  });

  test("what was added and is removed again leaves no trace", () => {
    fc.assert(
      fc.property(oddObject, oddJsonText, (text, value) => {
        const added = editMembers(text, { "a new key": value });
        expect(memberText(added, "a new key")).toBe(value);
        expect(editMembers(added, { "a new key": undefined })).toBe(text);
      }),
    );
  });

  test("spacing around what stays, stays", () => {
    const text = '{\n  "a": 1.0,\n  "b": {"x": 1},\n  "c": 3\n}\n';
    expect(editMembers(text, { b: undefined })).toBe('{\n  "a": 1.0,\n  "c": 3\n}\n');
    expect(editMembers(text, { a: undefined })).toBe('{\n  "b": {"x": 1},\n  "c": 3\n}\n');
    expect(editMembers(text, { c: undefined })).toBe('{\n  "a": 1.0,\n  "b": {"x": 1}\n}\n');
    expect(editMembers(text, { b: "[]" })).toBe('{\n  "a": 1.0,\n  "b": [],\n  "c": 3\n}\n');
  });

  test("removing a key removes all of its members; setting it sets the one that counts", () => {
    expect(editMembers('{"a":1,"b":2,"a":3}', { a: undefined })).toBe('{"b":2}');
    expect(editMembers('{"a":1,"b":2,"a":3}', { a: "4" })).toBe('{"a":1,"b":2,"a":4}');
  });
});
