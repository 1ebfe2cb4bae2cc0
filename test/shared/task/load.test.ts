import { execFile } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// Task files are loaded by real Node processes, started without any flag; what they print on stderr counts as failure.

interface Loaded {
  readonly types?: readonly { readonly name: string; readonly file: string; readonly timeout?: number }[];
  readonly error?: {
    readonly code?: string;
    readonly message: string;
    readonly hint?: string;
    readonly about?: { readonly file?: string; readonly line?: number };
  };
}

const loader = new URL("../../../shared/task/load.ts", import.meta.url);
const define = (name: string) =>
  `import { defineTask } from "simpletasks";\nexport default defineTask({ name: ${JSON.stringify(name)} });\n`;

let directory: string;
beforeAll(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), "simpletasks-load-")));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Writes files, by their path in the test's directory. */
async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
}

/** Loads each group of files, in one fresh process, and gives one result for each. */
async function load(groups: readonly (readonly string[])[], from: URL = loader): Promise<readonly Loaded[]> {
  const program = `
    import { loadTaskFiles } from ${JSON.stringify(from.href)};
    const results = [];
    for (const files of ${JSON.stringify(groups)}) {
      try {
        const loaded = await loadTaskFiles(files);
        results.push({ types: loaded.map(({ type, file }) => ({ ...type, file })) });
      } catch (error) {
        const { code, message, hint, about } = error;
        results.push({ error: { code, message, hint, about } });
      }
    }
    console.log(JSON.stringify(results));
  `;
  const { NODE_OPTIONS: _, NODE_NO_WARNINGS: __, ...env } = process.env;
  const { stdout, stderr } = await run(["--input-type=module", "--eval", program], env);
  expect(stderr).toBe("");
  const results: Loaded[] = JSON.parse(stdout);
  return results;
}

function run(words: readonly string[], env: NodeJS.ProcessEnv): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, words, { cwd: directory, env }, (error, stdout, stderr) => {
      if (error === null) resolve({ stdout, stderr });
      else reject(error);
    });
  });
}

async function loadOne(...files: readonly string[]): Promise<Loaded> {
  const [result] = await load([files]);
  return result ?? {};
}

const named = (name: string, path: string) => ({ name, file: join(directory, path) });

describe("task files that load", () => {
  test.each([
    ["without a package.json", undefined],
    ["in a package without a type", "{}"],
    ["in a package that npm init made", '{ "type": "commonjs" }'],
    ["in a package of ES modules", '{ "type": "module" }'],
  ])("%s, with nothing installed and nothing on stderr", async (title, manifest) => {
    const place = title.replaceAll(" ", "-");
    await write({
      ...(manifest !== undefined && { [`${place}/package.json`]: manifest }),
      [`${place}/cut.task.ts`]: `
        import { defineTask, z, type Task } from "simpletasks";
        import { seconds } from "./lib/limits.ts";
        interface Payload { size: number }
        const payload = z.object({ size: z.number() });
        export default defineTask({
          name: "CUT",
          payload,
          timeout: seconds satisfies number,
          async execute(task: Task<Payload>) {
            const { extra } = await import("./lib/later.ts");
            return { success: extra(task.payload.size) > 0 };
          },
        });
      `,
      [`${place}/lib/limits.ts`]: "export const seconds: number = 30;\n",
      [`${place}/lib/later.ts`]: "export const extra = (size: number): number => size + 1;\n",
    });
    const { types } = await loadOne(`${place}/cut.task.ts`);
    expect(types).toMatchObject([{ ...named("CUT", `${place}/cut.task.ts`), timeout: 30 }]);
  });

  test("exported by default or by name, one or several; the same one twice is one", async () => {
    await write({
      "several.task.ts": `
        import { defineTask } from "simpletasks";
        export const one = defineTask({ name: "ONE" });
        export const two = defineTask({ name: "TWO" });
        export const size: number = 3;
        export default one;
      `,
      "single.task.mts": define("MTS"),
      "plain.task.js": define("JS"),
      "spaced name/ü.task.ts": define("SPACED"),
    });
    const files = [
      "several.task.ts",
      "single.task.mts",
      "plain.task.js",
      "spaced name/ü.task.ts",
      "plain.task.js",
    ];
    const { types } = await loadOne(...files);
    expect(types?.map(({ name }) => name).sort()).toEqual(["JS", "MTS", "ONE", "SPACED", "TWO"]);
  });

  test("as URLs too", async () => {
    await write({ "url.task.ts": define("URL") });
    const program = `
      import { loadTaskFiles } from ${JSON.stringify(loader.href)};
      const [loaded] = await loadTaskFiles([new URL(${JSON.stringify(pathToFileURL(join(directory, "url.task.ts")).href)})]);
      console.log(loaded.type.name, loaded.file);
    `;
    const { stdout } = await run(["--input-type=module", "--eval", program], process.env);
    expect(stdout.trim()).toBe(`URL ${join(directory, "url.task.ts")}`);
  });

  test("the library that is running is the one they import, also where another is installed", async () => {
    await write({
      "installed/node_modules/simpletasks/package.json": '{ "name": "simpletasks", "exports": "./index.js" }',
      "installed/node_modules/simpletasks/index.js": "throw new Error('another copy');",
      "installed/own.task.ts": define("OWN"),
    });
    expect((await loadOne("installed/own.task.ts")).types).toMatchObject([{ name: "OWN" }]);
  });

  test("from the bundles, where every file lies flat", async () => {
    await write({ "bundled.task.ts": define("BUNDLED") });
    await build({
      entryPoints: { worker: "shared/task/load.ts", library: "shared/library.ts" },
      outdir: join(directory, "dist"),
      outExtension: { ".js": ".mjs" },
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      alias: { "jsonc-parser": "jsonc-parser/lib/esm/main.js" },
      logLevel: "error",
    });
    const [result] = await load([["bundled.task.ts"]], pathToFileURL(join(directory, "dist/worker.mjs")));
    expect(result?.types).toMatchObject([{ name: "BUNDLED" }]);
  });
});

describe("task files that do not load say where, what and what to do", () => {
  const files = {
    "enum.task.ts": "\nenum Color {\n  red,\n}\n",
    "parameter.task.ts": "class Cut {\n  constructor(private size: number) {}\n}\n",
    "namespace.task.ts": "namespace Cut {\n  export const size = 3;\n}\n",
    "through.task.ts": `import "./enum.task.ts";\n${define("THROUGH")}`,
    "syntax.task.ts": "export const a = 1;\nconst = 3;\n",
    "syntax.task.js": "export const a = 1;\nconst = 3;\n",
    "package.task.ts": '\n\nimport { cut } from "cutlery";\n',
    "file.task.ts": '\nimport { cut } from "./cutlery.ts";\n',
    "ending.task.ts": 'import { size } from "./size";\n',
    "compiled.task.ts": 'import { size } from "./size.js";\n',
    "size.ts": "export const size = 3;\n",
    "type.task.ts":
      '\nimport { Task, defineTask } from "simpletasks";\nexport const task: Task | undefined = undefined;\n',
    "throws.task.ts": '\n\nthrow new Error("no licence");\n',
    "undefined.task.ts": "\nthrow undefined;\n",
    "invalid.task.ts":
      'import { defineTask } from "simpletasks";\n\nexport default defineTask({ name: "X", timeout: 0 });\n',
    "empty.task.ts": "",
    "object.task.ts": 'export default { name: "X" };\nexport const size = 3;\n',
    "noop.task.ts": define("NO_OP"),
    "node_modules/pkg/x.task.ts": define("PACKAGED"),
    "same-a.task.ts": define("SAME"),
    "same-b.task.ts": define("SAME"),
  };

  const cases: readonly [
    files: readonly string[],
    says: RegExp,
    line: number | undefined,
    hint: RegExp | undefined,
  ][] = [
    [
      ["enum.task.ts"],
      /enum\.task\.ts:2 cannot be loaded: TypeScript enum is not supported/,
      2,
      /const Color = \{/,
    ],
    [
      ["parameter.task.ts"],
      /parameter\.task\.ts:2 cannot be loaded: .*parameter property/,
      2,
      /assign it in the constructor/,
    ],
    [
      ["namespace.task.ts"],
      /namespace\.task\.ts:1 cannot be loaded: .*namespace/,
      1,
      /a module, or an object/,
    ],
    [
      ["through.task.ts"],
      /enum\.task\.ts:2 cannot be loaded \(loaded by .*through\.task\.ts\)/,
      2,
      /const Color = \{/,
    ],
    [["syntax.task.ts"], /syntax\.task\.ts:2 cannot be loaded/, 2, undefined],
    // V8 keeps the place of a syntax error in plain JavaScript to itself.
    [["syntax.task.js"], /syntax\.task\.js cannot be loaded: Unexpected token/, undefined, undefined],
    [
      ["package.task.ts"],
      /package\.task\.ts:3 cannot be loaded: Cannot find package 'cutlery'/,
      3,
      /npm install cutlery/,
    ],
    [["file.task.ts"], /file\.task\.ts:2 cannot be loaded: Cannot find module '.*cutlery\.ts'/, 2, undefined],
    [
      ["ending.task.ts"],
      /ending\.task\.ts:1 cannot be loaded: Cannot find module '.*size'/,
      1,
      /end this one in \.ts/,
    ],
    [
      ["compiled.task.ts"],
      /compiled\.task\.ts:1 cannot be loaded: Cannot find module '.*size\.js'/,
      1,
      /size\.ts/,
    ],
    [["type.task.ts"], /type\.task\.ts:2 cannot be loaded: .*'Task'/, 2, /import type \{ Task \}/],
    [["throws.task.ts"], /throws\.task\.ts:3 cannot be loaded: no licence/, 3, undefined],
    [["undefined.task.ts"], /undefined\.task\.ts cannot be loaded: undefined/, undefined, undefined],
    [
      ["invalid.task.ts"],
      /invalid\.task\.ts:3 cannot be loaded: Task type "X": timeout must be/,
      3,
      undefined,
    ],
    [["empty.task.ts"], /empty\.task\.ts exports no task type$/, undefined, /export default defineTask/],
    [
      ["object.task.ts"],
      /object\.task\.ts exports no task type, only default, size/,
      undefined,
      /export default defineTask/,
    ],
    [
      ["noop.task.ts"],
      /noop\.task\.ts names a task type NO_OP, which is built in/,
      undefined,
      /another name/,
    ],
    [["node_modules/pkg/x.task.ts"], /x\.task\.ts cannot be loaded/, undefined, /move the file out/],
    [["missing.task.ts"], /The task file .*missing\.task\.ts does not exist/, undefined, undefined],
    [
      ["same-a.task.ts", "same-b.task.ts"],
      /Two task types are named SAME: in .*same-a\.task\.ts and in .*same-b\.task\.ts/,
      undefined,
      /another name/,
    ],
  ];

  let results: readonly Loaded[];
  beforeAll(async () => {
    await write(files);
    results = await load(cases.map(([group]) => group));
  });

  test.each(cases.map(([group, says, line, hint], index) => ({ group, says, line, hint, index })))(
    "$group: $says",
    ({ says, line, hint, index }) => {
      const { error } = results[index] ?? {};
      expect(error?.code).toBe("task_type_invalid");
      expect(error?.message).toMatch(says);
      expect(error?.about?.line).toBe(line);
      if (hint === undefined) expect(error?.hint).toBeUndefined();
      else expect(error?.hint).toMatch(hint);
    },
  );
});
