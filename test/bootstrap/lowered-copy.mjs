// Node 22 runs TypeScript, but has no `using`, which the sources use and the bundles, lowered by esbuild, do not.
import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { transform } from "esbuild";

const left = new Set(["node_modules", "dist", ".git", ".simpletasks", "demo"]);
const usesUsing = /^\s*(?:await )?using \w+ =|\((?:await )?using \w+ /m;

/**
 * Copies a checkout to a temporary directory, for tests to run there on Node 22: each source with `using` is lowered as
 * the bundles are, all else is as it was; dependencies and declarations are the checkout's own.
 *
 * @returns the copy's path; the caller removes it
 */
export async function makeLoweredCopy(root) {
  const copy = await realpath(await mkdtemp(path.join(os.tmpdir(), "simpletasks-lowered-")));
  try {
    const sources = [];
    await cp(root, copy, {
      recursive: true,
      filter(source) {
        const place = path.relative(root, source);
        if (left.has(place)) return false;
        if (place.endsWith(".ts")) sources.push(path.join(copy, place));
        return true;
      },
    });
    await Promise.all(sources.map(lower));
    // Last, so that they are newer than the sources: what is lowered has no types to make them of.
    const declarations = path.join("dist", "declarations");
    if (existsSync(path.join(root, declarations)))
      await cp(path.join(root, declarations), path.join(copy, declarations), { recursive: true });
    await symlink(path.join(root, "node_modules"), path.join(copy, "node_modules"), "junction");
    return copy;
  } catch (error) {
    await rm(copy, { recursive: true, force: true });
    throw error;
  }
}

async function lower(file) {
  const text = await readFile(file, "utf8");
  if (!usesUsing.test(text)) return;
  const { code } = await transform(text, {
    loader: "ts",
    target: "node22",
    sourcefile: file,
    sourcemap: "inline",
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  });
  await writeFile(file, code);
}
