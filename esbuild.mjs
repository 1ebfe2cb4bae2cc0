// Builds both bundles into dist/: the extension (CommonJS, for VS Code) and the daemon with the library (ES modules,
// split so that each driver loads only when used). `node esbuild.mjs [--minify]`.
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const minify = process.argv.includes("--minify");
await rm("dist", { recursive: true, force: true });

const common = { bundle: true, platform: "node", target: "node22", minify, sourcemap: "linked", metafile: true, logLevel: "warning" };

/** Entry points of the ES module build: name in dist/ → source. */
const programs = {
  cli: "daemon/cli/main.ts",
  worker: "daemon/worker/main.ts",
  "sqlite-thread": "shared/queue/sqlite/thread.ts",
  "lease-thread": "shared/daemon/lease-thread.ts",
  library: "shared/library.ts",
  testing: "shared/testing.ts",
};

const results = await Promise.all([
  build({
    ...common,
    entryPoints: { extension: "extension/extension.ts" },
    outdir: "dist",
    format: "cjs",
    external: ["vscode"],
  }),
  build({
    ...common,
    entryPoints: Object.fromEntries(Object.entries(programs).filter(([, source]) => existsSync(source))),
    outdir: "dist",
    format: "esm",
    splitting: true,
    outExtension: { ".js": ".mjs" },
    chunkNames: "[name]-[hash]",
    // Bundled CommonJS packages call require for Node's own modules; an ES module has none.
    banner: { js: 'import { createRequire as createRequireForBundle } from "node:module"; const require = createRequireForBundle(import.meta.url);' },
  }),
]);
// The package is ES modules; VS Code loads `dist/extension.js` as CommonJS. What is an ES module here ends in `.mjs`.
await writeFile("dist/package.json", JSON.stringify({ type: "commonjs" }));
for (const [name, result] of [["extension", results[0]], ["programs", results[1]]]) {
  await writeFile(`dist/${name}.meta.json`, JSON.stringify(result.metafile));
}
