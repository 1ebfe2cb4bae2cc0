import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { stepsOf, type Step } from "./page.ts";
import { openReader } from "./reader.ts";
import { patternOf, shapeOf } from "./shape.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const pages = ["README.md", ...readdirSync(path.join(root, "docs")).map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith(".md"),
);

describe.skipIf(process.platform === "win32")("a reader who follows the page sees what it shows", () => {
  for (const page of pages) {
    test(
      page,
      async () => {
        const steps = stepsOf(await readFile(path.join(root, page), "utf8"));
        await using reader = await openReader();
        for (const step of steps) {
          if (step.kind === "file") await reader.write(step.path, step.text);
          else await follow(page, step, reader);
        }
      },
      120_000,
    );
  }
});

async function follow(
  page: string,
  { line, command, output }: Extract<Step, { kind: "command" }>,
  reader: Awaited<ReturnType<typeof openReader>>,
): Promise<void> {
  const printed = await reader.type(command);
  expect(shapeOf(printed, reader.folder), `${page}:${line}: ${command}\nprinted:\n${printed}`).toMatch(
    patternOf(output, reader.folder),
  );
}

describe("what a page shows and what is printed", () => {
  const alike = (shown: string, printed: string): boolean =>
    patternOf(shown, "/f").test(shapeOf(printed, "/f"));
  test("may differ in ids, times, durations, places and widths", () => {
    expect(
      alike("batch 51a31486-9ecf-47ae-9436-650813e07fac", "batch 00000000-0000-4000-8000-000000000000"),
    ).toBe(true);
    expect(alike("2 tasks done in 3.4 s", "2 tasks done in 12.0 s")).toBe(true);
    expect(alike("sqlite:///home/ada/queue.db", "sqlite:///f/queue.db")).toBe(true);
    expect(alike("id   name\n1    A\n", "id name\n1  A\n")).toBe(true);
    expect(alike("first\n…\nlast", "first\nsecond\nthird\nlast")).toBe(true);
    expect(alike("a … c", "a b c")).toBe(true);
  });
  test("may not differ in counts, words or order", () => {
    expect(alike("2 tasks done", "3 tasks done")).toBe(false);
    expect(alike("1 task failed", "1 task done")).toBe(false);
    expect(alike("a\nb", "b\na")).toBe(false);
    expect(alike("", "something")).toBe(false);
    expect(alike("a", "a\nb")).toBe(false);
  });
  test("a command of ours that no test would run is refused", () => {
    expect(() => stepsOf("```sh\nsimpletasks status\n```\n")).toThrow("line 2");
    expect(stepsOf("<!-- not run: needs a network -->\n\n```sh\nsimpletasks status\n```\n")).toEqual([]);
  });
});
