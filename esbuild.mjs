// Builds both bundles into dist/: the extension (CommonJS, for VS Code) and the daemon with the library (ES modules,
// split so that each driver loads only when used). `node esbuild.mjs [--minify] [--clean]`.
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";

const minify = process.argv.includes("--minify");
const clean = process.argv.includes("--clean");

const common = {
  bundle: true,
  platform: "node",
  target: "node22",
  minify,
  sourcemap: "linked",
  metafile: true,
  logLevel: "warning",
  outdir: "dist",
  write: false,
  // Its entry for `require` cannot be bundled: it loads its parts by names made at run time.
  alias: { "jsonc-parser": "jsonc-parser/lib/esm/main.js" },
};

/** Entry points of the ES module build: name in dist/ → source. */
const programs = {
  cli: "daemon/cli/main.ts",
  worker: "daemon/worker/main.ts",
  "test-hooks": "daemon/cli/workspace/test-hooks.ts",
  "sqlite-thread": "shared/queue/sqlite/thread.ts",
  "lease-thread": "shared/daemon/lease-thread.ts",
  library: "shared/library.ts",
  testing: "shared/testing.ts",
};

const bundles = {
  extension: {
    ...common,
    entryPoints: { extension: "extension/extension.ts" },
    format: "cjs",
    external: ["vscode"],
  },
  programs: {
    ...common,
    entryPoints: Object.fromEntries(Object.entries(programs).filter(([, source]) => existsSync(source))),
    format: "esm",
    splitting: true,
    outExtension: { ".js": ".mjs" },
    chunkNames: "[name]-[hash]",
    // Bundled CommonJS packages call require for Node's own modules; an ES module has none.
    banner: {
      js: 'import { createRequire as createRequireForBundle } from "node:module"; const require = createRequireForBundle(import.meta.url);',
    },
  },
};

try {
  const results = await Promise.all(
    Object.entries(bundles).map(async ([name, options]) => [name, await build(options)]),
  );
  const files = new Map();
  for (const [name, result] of results) {
    for (const output of result.outputFiles) files.set(path.relative("dist", output.path), output.contents);
    files.set(`${name}.meta.json`, Buffer.from(JSON.stringify(result.metafile)));
  }
  // The package is ES modules; VS Code loads `dist/extension.js` as CommonJS. What is an ES module here ends in `.mjs`.
  files.set("package.json", Buffer.from(JSON.stringify({ type: "commonjs" })));
  files.set("types/package.json", Buffer.from(JSON.stringify({ type: "module" })));
  await store(files);
} catch (error) {
  // esbuild has printed its own errors, each with its place.
  if (error.errors === undefined) throw error;
  process.exitCode = 1;
}

/**
 * Replaces what differs, each file whole, the ones that others import first: programs that run from dist/ go on. They may
 * still load pieces of the build before, which therefore stay for an hour; `--clean` removes them at once.
 */
async function store(files) {
  if (clean) await rm("dist", { recursive: true, force: true });
  await mkdir("dist/types", { recursive: true });
  const isEntry = (name) => name.replace(/\..*$/, "") in programs;
  for (const [name, contents] of [...files].toSorted(([a], [b]) => Number(isEntry(a)) - Number(isEntry(b)))) {
    const file = path.join("dist", name);
    const present = await readFile(file).catch(() => undefined);
    if (present?.equals(contents)) continue;
    // A program that names its interpreter can be started by its own name.
    const mode = contents[0] === 0x23 && contents[1] === 0x21 ? 0o755 : 0o644;
    await writeFile(`${file}.${process.pid}`, contents, { mode });
    await rename(`${file}.${process.pid}`, file);
  }
  for (const entry of await readdir("dist", { withFileTypes: true })) {
    if (!entry.isFile() || files.has(entry.name)) continue;
    const file = path.join("dist", entry.name);
    const age = Date.now() - ((await stat(file).catch(() => undefined))?.mtimeMs ?? Date.now());
    if (age > 3_600_000) await rm(file, { force: true });
  }
}
