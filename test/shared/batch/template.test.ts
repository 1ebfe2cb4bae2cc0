import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { demoTasks } from "../../../daemon/cli/demo/dataset.ts";
import { createMemoryBucket } from "../../../shared/bucket/memory.ts";
import { parseTask, taskText } from "../../../shared/task/document.ts";
import { isAscii } from "node:buffer";
import { parseJson } from "../../../shared/task/json.ts";
import { makeFiles, messagesOf, mistakesIn, type Files } from "./batch-under-test.ts";

let files: Files;
beforeEach(() => {
  files = makeFiles();
});
afterEach(() => files[Symbol.dispose]());

function template(parts: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ task: "NO_OP", base_directory: "d", ...parts });
}

async function expand(
  parts: Readonly<Record<string, unknown>>,
  bucket = createMemoryBucket(),
): Promise<string[]> {
  return await messagesOf(files.batch(template(parts), { bucket }));
}

async function payloads(
  payload: unknown,
  forEach: unknown,
  bucket = createMemoryBucket(),
): Promise<unknown[]> {
  const messages = await expand({ payload, for_each: forEach }, bucket);
  return messages.map((message) => parseTask(message).payload);
}

/** The text of a template whose payload is written by hand. */
async function writtenPayloads(payload: string, forEach: string): Promise<string[]> {
  const text = `{"task":"NO_OP","base_directory":"d","payload":${payload},"for_each":${forEach}}`;
  const messages = await messagesOf(files.batch(text));
  return messages.map((message) => /"payload_info":(.*)\}$/s.exec(message)?.[1] ?? "");
}

describe("SimpleTasks' own example", () => {
  const text = `{
    "task": "NO_OP",
    "base_directory": "datasets/noop_dataset",
    "inputs": ["0_input/\${i}.dat", "0_input/\${i+1}.dat"],
    "payload": "NoOp Task for \${i}:\${i+1}",
    "for_each": { "i": { "range": [0, 8] } }
  }`;
  it("is the demo's nine tasks, byte for byte", async () => {
    const messages = await messagesOf(files.batch(text));
    expect(messages).toEqual(demoTasks.map(taskText));
    expect(messages).toHaveLength(9);
  });
});

describe("variables", () => {
  it("of a range count up, down and in steps, both ends included", async () => {
    const range = (...numbers: number[]): Promise<unknown[]> => payloads("${i}", { i: { range: numbers } });
    expect(await range(0, 3)).toEqual([0, 1, 2, 3]);
    expect(await range(5, 5)).toEqual([5]);
    expect(await range(0, 7, 3)).toEqual([0, 3, 6]);
    expect(await range(2, -2, -2)).toEqual([2, 0, -2]);
    expect(await range(-(2 ** 53) + 1, -(2 ** 53) + 2)).toEqual([-(2 ** 53) + 1, -(2 ** 53) + 2]);
  });

  it("of values are any JSON, numbers as they are written", async () => {
    expect(
      await writtenPayloads('"${v}"', '{"v":{"values":[1.0, 1e3, "a", null, [ 1 ], {"b": 2.50}]}}'),
    ).toEqual(["1.0", "1e3", '"a"', "null", "[ 1 ]", '{"b": 2.50}']);
    expect(
      await writtenPayloads('"<${v}>"', '{"v":{"values":[1.0, 12345678901234567890, true, "ä\\n"]}}'),
    ).toEqual(['"<1.0>"', '"<12345678901234567890>"', '"<true>"', String.raw`"<\u00e4\n>"`]);
  });

  it("of a glob are the keys that match, in order, with their parts", async () => {
    const bucket = createMemoryBucket();
    for (const key of ["d/b/10.dat", "d/b/2.tar.gz", "d/a.dat", "d/c/.hidden", "e/a.dat", "da.dat"]) {
      await bucket.put(key, "");
    }
    const parts = ["${f}", "${f.dir}", "${f.name}", "${f.stem}", "${f.ext}"];
    expect(await payloads(parts, { f: { glob: "**" } }, bucket)).toEqual([
      ["a.dat", "", "a.dat", "a", ".dat"],
      ["b/10.dat", "b", "10.dat", "10", ".dat"],
      ["b/2.tar.gz", "b", "2.tar.gz", "2.tar", ".gz"],
      ["c/.hidden", "c", ".hidden", ".hidden", ""],
    ]);
    expect(await payloads("${f}", { f: { glob: "*/*.dat" } }, bucket)).toEqual(["b/10.dat"]);
  });

  it("are read from the bucket once: a second pass gives the same tasks", async () => {
    const bucket = createMemoryBucket();
    await bucket.put("d/a", "");
    const batch = files.batch(template({ inputs: ["${f}"], for_each: { f: { glob: "*" } } }), { bucket });
    const first = await messagesOf(batch);
    await bucket.put("d/b", "");
    expect(await messagesOf(batch)).toEqual(first);
  });

  it("make every combination once, the first of them slowest", async () => {
    const lists = fc.array(fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(lists, async (values) => {
        const names = values.map((_, index) => `v${index}`);
        const forEach = Object.fromEntries(names.map((name, index) => [name, { values: values[index] }]));
        const nested = values.reduce<number[][]>(
          (rows, list) => rows.flatMap((row) => list.map((value) => [...row, value])),
          [[]],
        );
        expect(
          await payloads(
            names.map((name) => `\${${name}}`),
            forEach,
          ),
        ).toEqual(nested);
      }),
      { numRuns: 40 },
    );
  });
});

describe("what is filled in", () => {
  it("is any JSON as a value of its own, and any text within a text", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.string({ unit: "binary" }), async (value, text) => {
        const [found] = await payloads(
          { whole: "${v}", deep: [{ whole: "${v}" }], text: "<${t}>" },
          { v: { values: [value] }, t: { values: [text] } },
        );
        const same = parseJson(JSON.stringify(value));
        expect(found).toEqual({ whole: same, deep: [{ whole: same }], text: `<${text}>` });
      }),
      { numRuns: 50 },
    );
  });

  it("leaves every other text as it is, once $${ is written for ${", async () => {
    const text = fc.string({ unit: fc.constantFrom("$", "{", "}", "i", "\\", '"', "ä", "u0024", "😀") });
    await fc.assert(
      fc.asyncProperty(text, async (plain) => {
        // A dollar before ${ cannot be written: $$${ reads as $ and the escaped ${.
        fc.pre(!plain.includes("$${"));
        const written = plain.replaceAll("${", () => "$${");
        expect(await payloads(written, { i: { range: [1, 1] } })).toEqual([plain]);
      }),
      { numRuns: 100 },
    );
  });

  it("counts on from whole numbers of any size", async () => {
    expect(
      await writtenPayloads('["${n+1}","${n-1}","a${ n + 1 }"]', '{"n":{"values":[9007199254740993, -1]}}'),
    ).toEqual(['[9007199254740994,9007199254740992,"a9007199254740994"]', '[0,-2,"a0"]']);
    expect(await writtenPayloads('"${i+1}"', `{"i":{"range":[${2 ** 53 - 1},${2 ** 53 - 1}]}}`)).toEqual([
      "9007199254740992",
    ]);
  });

  it("is told from a dollar, however JSON spells it", async () => {
    expect(
      await writtenPayloads(
        String.raw`["\u0024{i}","\u0024\u0024{i}","$","$ {i}","5$"]`,
        '{"i":{"range":[1,1]}}',
      ),
    ).toEqual(['[1,"${i}","$","$ {i}","5$"]']);
  });

  it("stands in base_directory, inputs and id; there a number becomes text, but as an id a number", async () => {
    const messages = await expand({
      base_directory: "d/${i}",
      inputs: ["${i}", "${i}.dat"],
      id: "${i}",
      for_each: { i: { range: [7, 8] } },
    });
    expect(messages.map((message) => parseTask(message))).toMatchObject([
      { id: 7, baseDirectory: "d/7", inputs: ["7", "7.dat"], inputKeys: ["d/7/7", "d/7/7.dat"] },
      { id: 8, baseDirectory: "d/8" },
    ]);
    expect(
      (await expand({ id: "1${i}", for_each: { i: { range: [7, 7] } } })).map((text) => parseTask(text).id),
    ).toEqual(["17"]);
  });

  it("keeps what it is put into as it is written, without the space, in ASCII", async () => {
    const [text = ""] = await writtenPayloads('{ "ä" : [ 1.0 ,\n "a  b${i}" ] }', '{"i":{"range":[1,1]}}');
    expect(text).toBe(String.raw`{"\u00e4":[1.0,"a  b1"]}`);
    expect(isAscii(Buffer.from(text))).toBe(true);
  });
});

describe("without for_each", () => {
  it("nothing is filled in", async () => {
    expect(await messagesOf(files.batch(template({ payload: "${HOME} $${x}" })))).toEqual([
      '{"basic_info":{"id":0,"name":"NO_OP","base_directory":"d","inputs":[]},"payload_info":"${HOME} $${x}"}',
    ]);
  });
});

describe("a mistake in a template", () => {
  const at = (parts: string): string => `{"task": "NO_OP", "base_directory": "d",\n${parts}}`;
  it.each([
    [
      '"for_each": {"i": {"range": [5, 4]}}',
      ":2:29: the range [5, 4] of i holds no number; to count down, give it a step below 0: [5, 4, -1]",
    ],
    ['"for_each": {"i": {"range": [0, 4, -1]}}', ":2:29: the range [0, 4, -1] of i holds no number"],
    ['"for_each": {"i": {"range": [0, 4, 0]}}', ":2:29: the range [0, 4, 0] of i has the step 0"],
    [
      '"for_each": {"i": {"range": [0, 1.5]}}',
      ":2:33: for_each.i.range[1] must be a whole number within ±(2^53 − 1), not the number 1.5",
    ],
    [
      '"for_each": {"i": {"range": [0, 9007199254740992]}}',
      ":2:33: for_each.i.range[1] must be a whole number within ±(2^53 − 1), not the number 9007199254740992",
    ],
    ['"for_each": {"i": {"values": []}}', ":2:30: for_each.i.values must hold a value, not a list of 0"],
    ['"for_each": {"i": {"range": [0, 1]}, "i": {"values": [1]}}', ':2:38: the key "i" stands here twice'],
    [
      '"payload": {"a": [1, "x ${j}"]}, "for_each": {"i": {"range": [0, 1]}}',
      ':2:25: there is no variable "j"; did you mean "i"?',
    ],
    ['"payload": "${i", "for_each": {"i": {"range": [0, 1]}}', ":2:13: ${ has no } in this text"],
    ['"payload": "${}", "for_each": {"i": {"range": [0, 1]}}', ":2:13: ${} is no variable"],
    ['"payload": "${i*2}", "for_each": {"i": {"range": [0, 1]}}', ":2:13: ${i*2} is no variable"],
    [
      '"payload": {"${i}": 1}, "for_each": {"i": {"range": [0, 1]}}',
      ":2:13: variables are not filled in in keys",
    ],
    [
      '"payload": "${i.stem}", "for_each": {"i": {"range": [0, 1]}}',
      ":2:13: ${i.stem}: only a glob's variable has parts, and i is of range",
    ],
    [
      '"payload": "${v+1}", "for_each": {"v": {"values": [1, 1.5]}}',
      ":2:13: ${v+1}: value 2 of v is the number 1.5; only whole numbers can be added to",
    ],
    [
      '"payload": "a${v}", "for_each": {"v": {"values": [[]]}}',
      ":2:14: ${v}: value 1 of v is a list of 0, which cannot stand within a text",
    ],
    [
      '"inputs": ["${v}"], "for_each": {"v": {"values": [null]}}',
      ":2:13: ${v}: value 1 of v is null, which cannot stand within a text",
    ],
    [
      '"payload": "${f.stm}", "for_each": {"f": {"glob": "*"}}',
      ':2:13: ${f.stm}: a key has no part "stm"; did you mean "stem"?',
    ],
    [
      '"payload": "${f+1}", "for_each": {"f": {"glob": "*"}}',
      ":2:13: ${f+1}: f is a key; only whole numbers can be added to",
    ],
    ['"for_each": {"f": {"glob": "*.txt"}}', ":2:28: no key under d in memory: matches the glob *.txt of f"],
    ['"for_each": {"f": {"glob": "[a"}}', ":2:28: the glob of f has a [ that is not closed: [a"],
    [
      '"for_each": {"f": {"glob": "/a"}}',
      ":2:28: the glob of f begins outside base_directory: it must begin with a name",
    ],
    [
      '"for_each": {"a": {"range": [1, 9007199254740991]}, "b": {"range": [1, 2]}}',
      ":2:13: for_each makes more tasks than can be counted",
    ],
    [
      '"for_each": {"__proto__": {"range": [0, 1]}, "i": {"range": [0, 1]}}',
      ':2:14: a variable cannot have the name "__proto__"',
    ],
    ['"for_each": {"i": {"glub": "*"}}', ':2:20: for_each.i has an unknown key "glub"; did you mean "glob"?'],
    [
      '"for_each": {"i": {"glob": "*", "values": [1]}}',
      ":2:33: for_each.i takes its values from glob already; leave one of the two out",
    ],
    [
      '"inputs": ["../${i}"], "for_each": {"i": {"range": [3, 3]}}',
      ':2:12: inputs[0]: The key "d/../3" is refused: one of its parts is "..". (i = 3)',
    ],
    [
      '"id": "a${i}", "for_each": {"i": {"range": [3, 3]}}',
      ':2:7: id must be a whole number of 64 bits or its decimal string, not the text "a3" (i = 3)',
    ],
  ])("is told with its place: %s", async (parts, message) => {
    const bucket = createMemoryBucket();
    await bucket.put("d/file.dat", "");
    expect(await mistakesIn(files.batch(at(parts), { bucket }))).toEqual([`batch.tasks.json${message}`]);
  });

  it("in task or, beside a glob, in base_directory is told too", async () => {
    const text =
      '{"task": "${i}", "base_directory": "${i}", "for_each": {"i": {"range": [1, 1]}, "f": {"glob": "*"}}}';
    expect(await mistakesIn(files.batch(text))).toEqual([
      "batch.tasks.json:1:36: base_directory holds ${, but a glob looks into one folder for all tasks",
    ]);
    expect(
      await mistakesIn(
        files.batch('{"task": "${i}", "base_directory": "d", "for_each": {"i": {"range": [1, 1]}}}'),
      ),
    ).toEqual([
      "batch.tasks.json:1:10: variables are not filled in in task: all tasks of a template have one type",
    ]);
  });
});
