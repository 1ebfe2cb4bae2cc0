import { mkdir, readdir, readFile, symlink } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { typeMistakes } from "../daemon/cli/workspace-types.ts";
import { openReader } from "./reader.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** A file that a page asks for, or a TypeScript block by its page and place. */
interface Snippet {
  readonly file: string;
  readonly text: string;
}

function snippetsOf(page: string, markdown: string): Snippet[] {
  const blocks = markdown.matchAll(/(?:^<!-- file: (?<file>\S+) -->\n\n?)?^```ts\n(?<text>[^]*?)^```$/gm);
  return [...blocks].map(({ groups }, index) => ({
    file: groups?.["file"] ?? `snippet-${path.basename(page, ".md")}-${index}.ts`,
    text: groups?.["text"] ?? "",
  }));
}

const docs = (await readdir(path.join(root, "docs"))).map((name) => `docs/${name}`);
const pages: { readonly page: string; readonly snippets: readonly Snippet[] }[] = [];
for (const page of ["README.md", ...docs.filter((name) => name.endsWith(".md"))]) {
  const snippets = snippetsOf(page, await readFile(path.join(root, page), "utf8"));
  if (snippets.length > 0) pages.push({ page, snippets });
}

test.skipIf(process.platform === "win32").each(pages)(
  "the compiler finds no mistake in the TypeScript of $page",
  async ({ snippets }) => {
    await using reader = await openReader();
    expect(await reader.type("simpletasks init")).toContain("made a workspace in ");
    await mkdir(path.join(reader.folder, "node_modules"));
    for (const name of ["valibot", "arktype"])
      await symlink(path.join(root, "node_modules", name), path.join(reader.folder, "node_modules", name));
    for (const { file, text } of snippets) await reader.write(file, text);
    expect(typeMistakes(reader.folder)).toEqual([]);
  },
);

test("there are pages with TypeScript", () => {
  expect(pages.map(({ page }) => page)).toContain("docs/task-types.md");
});
