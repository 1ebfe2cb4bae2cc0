import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { typeMistakes } from "../daemon/cli/workspace-types.ts";
import { stepsOf } from "../docs/page.ts";
import { openReader, type Reader } from "../docs/reader.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const templates = path.join(root, "media", "templates");
const examples = readdirSync(templates, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== "workspace")
  .map(({ name }) => name);

let reader: Reader;
beforeEach(async () => {
  reader = await openReader();
});
afterEach(() => reader[Symbol.asyncDispose]());

/** What stands in for `npm install`, which needs a network: the project itself and what it has installed. */
function install(folder: string): void {
  if (existsSync(path.join(folder, "node_modules"))) return;
  mkdirSync(path.join(folder, "node_modules"));
  symlinkSync(root, path.join(folder, "node_modules", "simpletasks"), "dir");
  symlinkSync(
    path.join(root, "node_modules", "valibot"),
    path.join(folder, "node_modules", "valibot"),
    "dir",
  );
}

/** Makes the example with the built program and types what its README says; gives its folder and all that was printed. */
async function follow(example: string): Promise<{ folder: string; printed: string }> {
  expect(await reader.type(`simpletasks init --example ${example}`)).toContain("made a workspace in ");
  const steps = stepsOf(readFileSync(path.join(reader.folder, "README.md"), "utf8"));
  let printed = "";
  for (const step of steps) {
    if (step.kind === "file") throw new Error(`${example}: its README makes no files`);
    if (step.command.startsWith("npm install")) install(reader.folder);
    else printed += await reader.type(step.command);
  }
  return { folder: reader.folder, printed };
}

/** The text of an object in the workspace's bucket. */
function stored(folder: string, key: string): string {
  return readFileSync(path.join(folder, ".simpletasks", "bucket", key), "utf8");
}

/** What is printed when an example's README is followed, and what it leaves behind. */
const expected: Readonly<Record<string, { prints: RegExp[]; stores: Readonly<Record<string, string>> }>> = {
  "no-op": {
    prints: [/^scheduled 3 tasks/m, /^3 tasks done, 0 failed/m, /datasets\/noop_dataset\/0_output\/3\.dat/],
    stores: { "datasets/noop_dataset/0_output/3.dat": "9\n10\n11\n12\n" },
  },
  "run-file": {
    prints: [/^scheduled 3 tasks$/m, /^3 done, 0 failed$/m],
    stores: { "datasets/noop_dataset/0_output/0.dat": "0\n1\n2\n3\n" },
  },
  scheduler: {
    prints: [/^scheduled 100 tasks as batch /m, /^100 tasks done, 0 failed/m],
    stores: { "pi/estimates/1.json": "3.1474" },
  },
  "custom-payload": {
    prints: [/^scheduled 2 tasks/m, /^2 tasks done, 0 failed/m, /pass 1$/m],
    stores: { "cells/1_counts/left.json": "[2,1,2]", "cells/1_counts/right.json": "[1,1,1]" },
  },
  valibot: {
    prints: [/^scheduled 1 task /m, /^1 task done, 0 failed/m],
    stores: { "notes/shouted/moby.txt": "CALL ME ISHMAEL!\n" },
  },
};

describe.skipIf(process.platform === "win32").each(examples)("the example %s", (example) => {
  it("does what its README says, and has no mistake for the compiler", async () => {
    const { prints = [/there is such an example/], stores = {} } = expected[example] ?? {};
    const { folder, printed } = await follow(example);
    for (const line of prints) expect(printed).toMatch(line);
    for (const [key, text] of Object.entries(stores)) expect(stored(folder, key), key).toBe(text);
    install(folder);
    expect(typeMistakes(folder)).toEqual([]);
  });

  it("has a line in the list of templates, and in the help", async () => {
    expect(readFileSync(path.join(templates, "README.md"), "utf8")).toContain(
      `| [${example}](${example}/) |`,
    );
    expect(await reader.type("simpletasks init --help")).toMatch(new RegExp(`--example[^]*\\b${example}\\b`));
  });
});

describe("a library that is installed from npm", () => {
  it("brings zod's types along, with nothing else installed", async () => {
    const folder = path.join(reader.folder, "project");
    mkdirSync(path.join(folder, "node_modules"), { recursive: true });
    symlinkSync(root, path.join(folder, "node_modules", "simpletasks"), "dir");
    const compilerOptions = {
      module: "nodenext",
      strict: true,
      skipLibCheck: true,
      types: [],
      lib: ["es2024", "dom"],
    };
    await reader.write("project/tsconfig.json", JSON.stringify({ compilerOptions }));
    await reader.write("project/package.json", '{"type":"module"}');
    await reader.write(
      "project/a.ts",
      `import { defineTask, z } from "simpletasks";
       export default defineTask({ name: "A", payload: z.object({ n: z.number() }), execute: ({ payload }) => payload.n.trim() });`,
    );
    expect(typeMistakes(folder)).toEqual([
      expect.stringMatching(/^a\.ts.*'trim' does not exist on type 'number'/),
    ]);
  });
});
