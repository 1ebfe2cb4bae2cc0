import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listElements } from "../../../shared/batch/list-elements.ts";
import type { PlacedText } from "../../../shared/batch/fault.ts";

async function elements(chunks: Iterable<string>): Promise<PlacedText[]> {
  return await Array.fromAsync(listElements(chunks, "file"));
}

describe("the elements of a list", () => {
  it("come whole and at their places, however the text is cut", async () => {
    const layout = fc.record({
      value: fc.jsonValue(),
      indent: fc.integer({ min: 0, max: 2 }),
      space: fc.constantFrom("", " ", "\n", "\r\n\t"),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(layout, { maxLength: 5 }),
        fc.integer({ min: 1, max: 7 }),
        async (items, size) => {
          const texts = items.map(({ value, indent }) => JSON.stringify(value, undefined, indent));
          const text = `[${texts.map((json, index) => `${items[index]?.space ?? ""}${json}${items[index]?.space ?? ""}`).join(",")}]\n`;
          const chunks = text.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
          const found = await elements(chunks);
          expect(found.map((element) => element.text)).toEqual(texts);
          const lines = text.split("\n");
          for (const { text: json, line, column } of found) {
            expect(
              lines
                .slice(line - 1)
                .join("\n")
                .slice(column - 1),
            ).toSatisfy((rest: string) => rest.startsWith(json));
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it("are one where the text is an object", async () => {
    expect(await elements(['\n {"a":\n[1]} \n'])).toEqual([{ text: '{"a":\n[1]}', line: 2, column: 2 }]);
  });

  it("are none in an empty text or list", async () => {
    expect(await elements([])).toEqual([]);
    expect(await elements([" \n"])).toEqual([]);
    expect(await elements(["[ ]"])).toEqual([]);
  });

  it.each([
    ["[1,\n2,]", "file:2:3: a comma stands before this ], and JSON allows none after the last value"],
    ["[,1]", "file:1:2: a value is missing before this comma"],
    ["[1 2]", "file:1:4: a comma is missing before this"],
    ["[{}\n{}]", "file:2:1: a comma is missing before this"],
    ["[1,", "file:1:4: the list ends without its ]"],
    ["[1", "file:1:2: what begins here is not closed"],
    ['[1,\n{"a": [1}', "file:2:1: what begins here is not closed"],
    ['["a', "file:1:2: what begins here is not closed"],
    ["[1] x", "file:1:5: here goes something on after the list's end"],
    ["{}\n{}", "file:2:1: here goes something on after the task's end"],
    ["// list\n[]", "file:1:1: this is a comment, and JSON has none"],
    ['[{"a": 1, // one "\n}]', "file:1:11: this is a comment, and JSON has none"],
    ["tasks", "file:1:1: here must be [, for a list of tasks, or {, for one task or a template"],
    ["[}", "file:1:2: this } closes nothing"],
  ])("%j is none of either, and told with its place", async (text, message) => {
    for (const chunks of [[text], text]) {
      await expect(elements(chunks)).rejects.toMatchObject({ code: "task_unparsable", message });
    }
  });
});
