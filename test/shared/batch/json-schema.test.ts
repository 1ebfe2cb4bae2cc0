import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { batchJsonSchema } from "./batch-json-schema.ts";
import { makeFiles, mistakesIn, type Files } from "./batch-under-test.ts";
import { accepts } from "./evaluate-schema.ts";

const file = fileURLToPath(new URL("../../../media/schemas/tasks.schema.json", import.meta.url));

/** `npx vitest run test/shared/batch/json-schema.test.ts -u` writes the file anew. */
it("the JSON schema that editors use is made from what the program reads", async () => {
  await expect(`${JSON.stringify(batchJsonSchema(), undefined, 2)}\n`).toMatchFileSnapshot(
    path.normalize(file),
  );
});

describe("schema and reader say the same of", () => {
  let files: Files;
  beforeEach(() => {
    files = makeFiles();
  });
  afterEach(() => files[Symbol.dispose]());

  const short = { task: "NO_OP", base_directory: "d" };
  const document = { basic_info: { name: "NO_OP", base_directory: "d", inputs: [] }, payload_info: null };
  const ranged = (range: unknown): unknown => ({ ...short, for_each: { i: { range } } });

  it.each<readonly [boolean, unknown]>([
    [true, []],
    [true, [short, document, ranged([0, 3])]],
    [true, short],
    [true, document],
    [true, { ...document, basic_info: { ...document.basic_info, id: "12", more: 1 }, more: {} }],
    [true, { ...short, inputs: ["a", "b/c"], payload: { any: [1] }, id: 7 }],
    [true, { ...short, id: "-7" }],
    [true, { $schema: "./${x}.json", ...short }],
    [true, { $schema: "./${x}.json", ...short, for_each: { i: { range: [0, 1] } } }],
    [false, { $schema: 7, ...short }],
    [true, ranged([4, -4, -2])],
    [true, { ...short, id: "${i}", for_each: { i: { range: [0, 1] }, v: { values: [null, {}] } } }],
    [false, "text"],
    [false, 3],
    [false, ["text"]],
    [false, {}],
    [false, { ...short, task: " " }],
    [false, { ...short, task: 7 }],
    [false, { task: "NO_OP" }],
    [false, { ...short, inputs: "a" }],
    [false, { ...short, inputs: [7] }],
    [false, { ...short, id: 1.5 }],
    [false, { ...short, id: "seven" }],
    [false, { ...short, more: 1 }],
    [false, { payload_info: null }],
    [false, { basic_info: document.basic_info }],
    [false, { ...document, basic_info: { ...document.basic_info, inputs: undefined } }],
    [false, { ...document, basic_info: { ...document.basic_info, id: "${i}" } }],
    [false, { ...short, for_each: [] }],
    [false, { ...short, for_each: { "1": { range: [0, 1] } } }],
    [false, { ...short, for_each: { i: {} } }],
    [false, { ...short, for_each: { i: { rang: [0, 1] } } }],
    [false, { ...short, for_each: { i: { range: [0, 1], values: [1] } } }],
    [false, { ...short, for_each: { v: { values: [] } } }],
    [false, { ...short, for_each: { f: { glob: " " } } }],
    [false, ranged([0])],
    [false, ranged([0, 1, 1, 1])],
    [false, ranged([0, 0.5])],
    [false, ranged([0, 2 ** 53])],
  ])("%j %j", async (right, value) => {
    const text = JSON.stringify(value);
    expect(accepts(batchJsonSchema(), JSON.parse(text))).toBe(right);
    expect((await mistakesIn(files.batch(text))).length > 0).toBe(!right);
  });
});
