import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const folders = "shared|daemon|extension|test|media|docs";

const pages = ["README.md", ...readdirSync(join(repository, "docs")).map((name) => `docs/${name}`)];

for (const page of pages.filter((name) => name.endsWith(".md"))) {
  test(`${page}: every file and folder of the project that it names is there`, async () => {
    const text = await readFile(join(repository, page), "utf8");
    const named = [...text.matchAll(new RegExp(`[\`(]((?:${folders})/[\\w./-]*[\\w/])[\`)]`, "g"))].map(
      (match) => match[1] ?? "",
    );
    if (/README|architecture|reliability/.test(page)) expect(named.length).toBeGreaterThan(0);
    expect(named.filter((path) => !existsSync(join(repository, path)))).toEqual([]);
  });
}
