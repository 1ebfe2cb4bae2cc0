import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

interface Metafile {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, { readonly imports: readonly { readonly path: string }[] }>>;
}

/** What must never load in the extension host: cloud SDKs, SQLite, and the parts that run tasks or open engines. */
function foreignTo(extension: { readonly meta: Metafile; readonly text: string }): string[] {
  const names = [
    ...Object.keys(extension.meta.inputs),
    ...Object.values(extension.meta.outputs).flatMap(({ imports }) => imports.map(({ path }) => path)),
  ];
  const foreign =
    /@aws-sdk|@smithy|@google-cloud|node:sqlite|^daemon\/|^shared\/(?:queue|bucket|cache|datasource|daemon)\//;
  const found = names.filter((name) => foreign.test(name));
  // A module may also be asked for by name at run time, which the metafile does not show.
  return extension.text.includes("node:sqlite") ? [...found, "node:sqlite"] : found;
}

describe("the extension's bundle", () => {
  it("holds no cloud SDK, no SQLite, no engine", () => {
    const meta: Metafile = JSON.parse(readFileSync(`${root}dist/extension.meta.json`, "utf8"));
    expect(Object.keys(meta.inputs)).toContain("extension/extension.ts");
    expect(foreignTo({ meta, text: readFileSync(`${root}dist/extension.js`, "utf8") })).toEqual([]);
  });

  it.each([
    ["a queue", 'export * from "./shared/queue/open.ts";'],
    ["SQLite by its module", 'export * from "node:sqlite";'],
    ["SQLite at run time", 'export * from "./shared/sqlite.ts";'],
  ])("would be found to hold %s", async (_what, contents) => {
    const { metafile, outputFiles } = await build({
      stdin: { contents, resolveDir: root },
      bundle: true,
      format: "cjs",
      platform: "node",
      metafile: true,
      write: false,
      logLevel: "silent",
    });
    expect(foreignTo({ meta: metafile, text: outputFiles[0]?.text ?? "" })).not.toEqual([]);
  });

  it("imports nothing that is not Node's or VS Code's", () => {
    const meta: Metafile = JSON.parse(readFileSync(`${root}dist/extension.meta.json`, "utf8"));
    const imported = meta.outputs["dist/extension.js"]?.imports.map(({ path }) => path) ?? [];
    expect(imported.filter((name) => name !== "vscode" && !name.startsWith("node:"))).toEqual([]);
  });
});
