import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isSimpleTasksError, messageOf } from "../../../shared/errors.ts";
import { forRedrive, parseTask, taskText, withAttempts, withBatch } from "../../../shared/task/document.ts";
import { toAscii } from "../../../shared/task/json.ts";
import { editMembers, memberText } from "../../../shared/task/json-text.ts";
import { anyJson, anyText, oddJsonText } from "./arbitraries.ts";

const notBlank = anyText.filter((text) => text.trim() !== "");
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

/** A message with some of its fields replaced (JSON texts) or left out. */
function message(
  fields: Readonly<Record<string, string | undefined>> = {},
  rest: Readonly<Record<string, string>> = {},
) {
  const basicInfo = {
    id: "4",
    name: '"CUT"',
    base_directory: '"datasets/one"',
    inputs: '["0_input/4.dat"]',
    ...fields,
  };
  const members = Object.entries(basicInfo).filter(([, value]) => value !== undefined);
  const object = (entries: [string, string | undefined][]) =>
    `{${entries.map(([key, value]) => `"${key}": ${value}`).join(", ")}}`;
  return object(Object.entries({ basic_info: object(members), payload_info: "null", ...rest }));
}

describe("reading", () => {
  test("a whole task", () => {
    expect(
      parseTask(message({ inputs: '["a.dat","b/c.dat"]' }, { payload_info: '{"k": 12345678901234567890}' })),
    ).toEqual({
      id: 4,
      name: "CUT",
      baseDirectory: "datasets/one",
      inputs: ["a.dat", "b/c.dat"],
      inputKeys: ["datasets/one/a.dat", "datasets/one/b/c.dat"],
      payload: { k: 12345678901234567890n },
      batch: undefined,
      position: undefined,
      attempts: 0,
      redrives: 0,
      warnings: [],
    });
  });

  test.each<[string | undefined, unknown]>([
    [undefined, -1],
    ["4", 4],
    ["-0", 0],
    ["9007199254740991", 9007199254740991],
    ["9223372036854775807", 9223372036854775807n],
    ["-9223372036854775808", -9223372036854775808n],
    ['"9223372036854775807"', "9223372036854775807"],
    ['"007"', "007"],
    ["1.0", 1],
  ])("the id %s is read as %s", (id, read) => {
    expect(parseTask(message({ id })).id).toBe(read);
  });

  test("inputs may be empty: the task only writes", () => {
    expect(parseTask(message({ inputs: "[]" })).inputKeys).toEqual([]);
  });

  test("of two members with one key the last counts, as everywhere", () => {
    expect(parseTask(`{"payload_info": 1, ${message().slice(1, -1)}, "payload_info": 2}`).payload).toBe(2);
  });

  test.each([
    ["", "The message is not JSON: Unexpected end of JSON input"],
    ["not json", "The message is not JSON"],
    ["[1, 2]", "the message must be an object with basic_info and payload_info, not a list of 2"],
    ["{}", "basic_info is missing; it must be an object"],
    [
      message({ id: "9223372036854775808" }),
      "basic_info.id must be a whole number of 64 bits or its decimal string, not the number 9223372036854775808",
    ],
    [
      message({ id: "1.5" }),
      "basic_info.id must be a whole number of 64 bits or its decimal string, not the number 1.5",
    ],
    [message({ id: "1e300" }), "not the number 1e+300"],
    [
      message({ id: "null" }),
      "basic_info.id must be a whole number of 64 bits or its decimal string, not null",
    ],
    [message({ id: '"abc"' }), 'not the text "abc"'],
    [message({ id: '"9223372036854775808"' }), "basic_info.id must be"],
    [message({ name: undefined }), "basic_info.name is missing; it must be a text that is not blank"],
    [message({ name: '" \\n"' }), 'basic_info.name must be a text that is not blank, not the text " \\n"'],
    [message({ name: "5" }), "basic_info.name must be a text that is not blank, not the number 5"],
    [
      message({ base_directory: '""' }),
      "basic_info.base_directory must be a text that is not blank, not an empty text",
    ],
    [message({ inputs: undefined }), "basic_info.inputs is missing; it must be a list of texts"],
    [message({ inputs: '"a"' }), 'basic_info.inputs must be a list of texts, not the text "a"'],
    [message({ inputs: '["a", {}]' }), "basic_info.inputs[1] must be a text, not an object"],
    [message().replace("payload_info", "payload"), "payload_info is missing"],
    [message({}, { depends_on: "[]" }), "depends_on is set"],
    [message({ depends_on: "[3]" }), "basic_info.depends_on is set"],
    [message({}, { simpletasks: '{"depends_on": null}' }), "simpletasks.depends_on is set"],
    [
      `${"[".repeat(100_000)}12345678901234567890${"]".repeat(100_000)}`,
      "The message is nested too deeply to be read",
    ],
  ])("%.60s is refused, saying what is wrong", (text, says) => {
    const error = refusal(() => parseTask(text));
    expect(isSimpleTasksError(error, "task_unparsable")).toBe(true);
    expect(messageOf(error)).toContain(says);
  });

  test.each([
    [message({ inputs: '["a.dat", "../../b.dat"]' }), "basic_info.inputs[1]: "],
    [message({ inputs: '["a\\u0000b"]' }), "basic_info.inputs[0]: "],
    [message({ base_directory: '"/etc"' }), "basic_info.inputs[0]: "],
    [message({ base_directory: '".."', inputs: "[]" }), "basic_info.base_directory: "],
    [message({ base_directory: '"_simpletasks/messages"' }), "basic_info.base_directory: "],
    [message({ base_directory: '"_simpletasks"', inputs: "[]" }), "basic_info.base_directory: "],
  ])("%.100s names a key that leaves its place and is refused", (text, says) => {
    const error = refusal(() => parseTask(text));
    expect(isSimpleTasksError(error, "key_invalid")).toBe(true);
    expect(messageOf(error)).toContain(says);
  });

  test("marks are read; those of a wrong type or range are ignored, and told", () => {
    const good = parseTask(
      message({}, { simpletasks: '{"batch":"b","position":7,"attempts":2,"redrives":1,"theirs":[]}' }),
    );
    expect(good).toMatchObject({ batch: "b", position: 7, attempts: 2, redrives: 1, warnings: [] });
    const bad = parseTask(
      message({}, { simpletasks: '{"batch":5,"position":-1,"attempts":"two","redrives":1.5}' }),
    );
    expect(bad).toMatchObject({ batch: undefined, position: undefined, attempts: 0, redrives: 0 });
    expect(bad.warnings).toEqual([
      "simpletasks.batch is ignored: it must be a text that is not blank, not the number 5",
      "simpletasks.position is ignored: it must be a whole number from 0, not the number -1",
      'simpletasks.attempts is ignored: it must be a whole number from 0, not the text "two"',
      "simpletasks.redrives is ignored: it must be a whole number from 0, not the number 1.5",
    ]);
    const list = parseTask(message({}, { simpletasks: "[1]" }));
    expect(list).toMatchObject({
      attempts: 0,
      warnings: ["simpletasks is ignored: it must be an object, not a list of 1"],
    });
  });
});

describe("writing a task from code", () => {
  test("what was written is read back: any id, any Unicode, any payload; in ASCII", () => {
    const id = fc.oneof(fc.constant(undefined), int64, int64.map(String), fc.maxSafeInteger());
    fc.assert(
      fc.property(
        id,
        notBlank,
        fc.uniqueArray(fc.string({ unit: "grapheme", minLength: 1 })),
        anyJson,
        (id, name, inputs, payload) => {
          const safe = inputs.map((input, index) => `${index}-${input.replaceAll(/[/\\\0]/g, "_")}`);
          const text = taskText({ id, name, baseDirectory: "d/é", inputs: safe, payload });
          expect(text).toMatch(/^[\0-\x7f]*$/);
          const read = parseTask(text);
          expect(read).toEqual({ ...read, name, baseDirectory: "d/é", inputs: safe, payload });
          expect(String(read.id)).toBe(String(id === undefined || Object.is(id, -0) ? (id ?? -1) : id));
          expect(typeof read.id === "string").toBe(typeof id === "string");
        },
      ),
    );
  });

  const draft = { name: "CUT", baseDirectory: "d", inputs: ["a"], payload: null };
  test.each([
    ["task_unparsable", "basic_info.id", { ...draft, id: 1.5 }],
    ["task_unparsable", "basic_info.id", { ...draft, id: 2n ** 63n }],
    ["task_unparsable", "basic_info.name", { ...draft, name: " " }],
    ["task_unparsable", "basic_info.base_directory", { ...draft, baseDirectory: "" }],
    ["key_invalid", "basic_info.inputs[0]", { ...draft, inputs: ["../a"] }],
    ["payload_invalid", "payload_info.a[1] is NaN", { ...draft, payload: { a: [1, Number.NaN] } }],
    ["payload_invalid", "payload_info is undefined", { ...draft, payload: undefined }],
  ] as const)("refuses with %s: %s", (code, says, wrong) => {
    const error = refusal(() => taskText(wrong));
    expect(isSimpleTasksError(error, code)).toBe(true);
    expect(messageOf(error)).toContain(says);
  });
});

describe("marking a task on its way", () => {
  const anyMessage = fc
    .tuple(
      oddJsonText,
      oddJsonText,
      fc.constantFrom("1.0", '"9223372036854775807"', "9223372036854775807", undefined),
    )
    .map(([payload, other, id]) => message({ id, "\\u006fwn": other }, { payload_info: payload, é: other }));

  test("all else stays as it was written: spelling of numbers, spacing, unknown keys, their order", () => {
    fc.assert(
      fc.property(anyMessage, fc.nat(), (text, attempts) => {
        for (const marked of [
          withAttempts(text, attempts),
          withBatch(text, { batch: "b", position: attempts }),
          forRedrive(text),
        ]) {
          expect(marked).toMatch(/^[\0-\x7f]*$/);
          expect(editMembers(marked, { simpletasks: undefined })).toBe(toAscii(text));
          expect(memberText(marked, "payload_info")).toBe(toAscii(memberText(text, "payload_info") ?? ""));
        }
        expect(parseTask(withAttempts(text, attempts)).attempts).toBe(attempts);
      }),
    );
  });

  test("a batch is read back, whatever its name", () => {
    fc.assert(
      fc.property(notBlank, fc.maxSafeNat(), (batch, position) => {
        expect(parseTask(withBatch(message(), { batch, position }))).toMatchObject({
          batch,
          position,
          warnings: [],
        });
      }),
    );
  });

  test("a redrive forgets the attempts, counts itself, and keeps the other marks", () => {
    const text = withAttempts(withBatch(message(), { batch: "b", position: 3 }), 2);
    const twice = forRedrive(withAttempts(forRedrive(text), 1));
    expect(parseTask(twice)).toMatchObject({
      batch: "b",
      position: 3,
      attempts: 0,
      redrives: 2,
      warnings: [],
    });
    expect(twice).not.toContain("attempts");
  });

  test.each(["[]", "5", "null", '"x"', "{ }", '{"attempts":"many"}'])(
    "marks that are worth nothing (%s) give way",
    (marks) => {
      const marked = withAttempts(message({}, { simpletasks: marks }), 1);
      expect(parseTask(marked)).toMatchObject({ attempts: 1, warnings: [] });
    },
  );

  test("the marks that count are the last ones", () => {
    const text = `${message({}, { simpletasks: '{"attempts":1}' }).slice(0, -1)}, "simpletasks": {"attempts": 5}}`;
    expect(parseTask(text).attempts).toBe(5);
    expect(parseTask(withAttempts(text, 6)).attempts).toBe(6);
  });

  test.each(["not json ☃", "[1]", "", '"text"'])(
    "a text that is no object (%s) is redriven as it is",
    (text) => {
      expect(forRedrive(text)).toBe(text);
    },
  );
});

function refusal(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
