import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const folders = "shared|daemon|extension|test|media|docs";

for (const page of ["README.md", "docs/architecture.md", "docs/reliability.md"]) {
  test(`${page}: every file and folder of the project that it names is there`, async () => {
    const text = await readFile(join(repository, page), "utf8");
    const named = [...text.matchAll(new RegExp(`[\`(]((?:${folders})/[\\w./-]*[\\w/])[\`)]`, "g"))].map(
      (match) => match[1] ?? "",
    );
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((path) => !existsSync(join(repository, path)))).toEqual([]);
  });
}
