import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), "simpletasks-lint-"));
  copyFileSync(path.join(root, ".oxlintrc.json"), path.join(directory, ".oxlintrc.json"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** The rules that the project's lint settings find broken in these files. */
function brokenRules(files: Readonly<Record<string, string>>): string[] {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
    writeFileSync(path.join(directory, name), text);
  }
  const oxlint = path.join(root, "node_modules", "oxlint", "bin", "oxlint");
  const { stdout } = spawnSync(process.execPath, [oxlint, "--format=json", "."], {
    cwd: directory,
    encoding: "utf8",
  });
  const { diagnostics }: { diagnostics: readonly { code: string }[] } = JSON.parse(stdout);
  return diagnostics.map(({ code }) => code);
}

const use = (source: string): string =>
  `import * as it from "${source}";\nexport const used: unknown = it;\n`;

describe("imports run one way", () => {
  it.each([
    ["shared/queue/x.ts", "vscode"],
    ["shared/queue/x.ts", "ws"],
    ["shared/queue/x.ts", "../../daemon/cli/terminal.ts"],
    ["shared/x.ts", "../extension/extension.ts"],
    ["daemon/cli/x.ts", "vscode"],
    ["daemon/cli/x.ts", "../../extension/extension.ts"],
    ["extension/x.ts", "../daemon/cli/main.ts"],
    ["extension/x.ts", "node:sqlite"],
    ["extension/x.ts", "@aws-sdk/client-s3"],
    ["extension/x.ts", "@google-cloud/storage"],
    ["extension/x.ts", "../shared/queue/open.ts"],
  ])("%s may not import %s", (file, source) => {
    expect(brokenRules({ [file]: use(source) })).toEqual(["eslint(no-restricted-imports)"]);
  });

  it.each([
    ["shared/queue/x.ts", "../daemon/daemon.ts"],
    ["daemon/cli/x.ts", "../../shared/queue/open.ts"],
    ["extension/x.ts", "../shared/task/document.ts"],
    ["extension/x.ts", "vscode"],
  ])("%s may import %s", (file, source) => {
    expect(brokenRules({ [file]: use(source) })).toEqual([]);
  });
});

describe("import cycles", () => {
  it("are refused", () => {
    const broken = brokenRules({
      "shared/a.ts": 'import { b } from "./b.ts";\nexport const a = (): unknown => b;\n',
      "shared/b.ts": 'import { a } from "./a.ts";\nexport const b = (): unknown => a;\n',
    });
    expect(new Set(broken)).toEqual(new Set(["import(no-cycle)"]));
  });

  it("of types alone are refused too", () => {
    const broken = brokenRules({
      "shared/a.ts": 'import type { B } from "./b.ts";\nexport interface A {\n  readonly b?: B;\n}\n',
      "shared/b.ts": 'import type { A } from "./a.ts";\nexport interface B {\n  readonly a?: A;\n}\n',
    });
    expect(new Set(broken)).toEqual(new Set(["import(no-cycle)"]));
  });
});
