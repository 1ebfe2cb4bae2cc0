// `node test/bootstrap/declarations.mjs`
//
// Makes dist/declarations/, what TypeScript needs to know of the library where nothing is installed: `simpletasks/` holds
// the declarations that `simpletasks` and `simpletasks/testing` lead to; beside it lie those of other packages, each with
// its licence. The npm package's `types` lie here, and `simpletasks init` copies all of it into a workspace.
// What is newer than its sources is not made again.
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const target = path.join(root, "dist", "declarations");
/** Written last: it tells how new the rest is. */
const stamp = path.join(target, "package.json");

/** What `exports` in package.json names. */
const entries = ["library.d.ts", "testing.d.ts"];
/** Packages that ours import: their ES module declarations, and the file that stands for them here. */
const imported = {
  "@standard-schema/spec": { entry: "dist/index.d.ts", place: "standard-schema/index.d.ts" },
  zod: { entry: "index.d.ts", place: "zod/index.d.ts" },
};
/** Packages whose declarations task files use, by their folder here. */
const whole = { "@types/node": "node", "undici-types": "undici-types" };

/** Names of files that are being written. */
const unfinished = /\.\d+\.part$/;

const started = new Date();
if (!(await isFresh())) process.exitCode = await make();

async function isFresh() {
  const made = await modifiedAt(stamp);
  const sources = (await readdir(path.join(root, "shared"), { recursive: true })).map(
    (name) => `shared/${name}`,
  );
  const all = [...sources, "node_modules/.package-lock.json", "test/bootstrap/declarations.mjs"];
  const times = await Promise.all(all.map((name) => modifiedAt(path.join(root, name))));
  return times.every((time) => time <= made);
}

/** Milliseconds since 1970; 0 for what is not there. */
async function modifiedAt(file) {
  return (await stat(file).catch(() => undefined))?.mtimeMs ?? 0;
}

/** @returns 1 when the sources have mistakes; what could be made of them is made nevertheless */
async function make() {
  const emitted = await mkdtemp(path.join(os.tmpdir(), "simpletasks-declarations-"));
  const shared = path.join(emitted, "shared");
  try {
    const mistakes = emit(emitted);
    const files = new Map();
    for (const entry of entries) await addReachable(files, path.join(shared, entry), shared, "simpletasks");
    for (const [name, { entry, place }] of Object.entries(imported)) {
      const directory = path.join(root, "node_modules", name);
      const main = path.join(directory, entry);
      await addReachable(files, main, path.dirname(main), path.dirname(place));
      files.set(`${path.dirname(place)}/LICENSE`, await readFile(path.join(directory, "LICENSE")));
    }
    for (const [name, folder] of Object.entries(whole))
      await addWhole(files, path.join(root, "node_modules", name), folder);
    await store(files);
    return mistakes;
  } finally {
    await rm(emitted, { recursive: true, force: true });
  }
}

function emit(directory) {
  const tsc = path.join(root, "node_modules", "typescript", "bin", "tsc");
  const words = [
    "-p",
    "shared",
    "--composite",
    "false",
    "--incremental",
    "false",
    "--declaration",
    "--tsBuildInfoFile",
    "null",
  ];
  const { status, stdout } = spawnSync(process.execPath, [tsc, ...words, "--outDir", directory], {
    cwd: root,
    encoding: "utf8",
  });
  process.stderr.write(stdout);
  return status === 0 ? 0 : 1;
}

/** Adds a declaration and all that it leads to below `base`, under `folder`; what lies in other packages is named by its place here. */
async function addReachable(files, file, base, folder) {
  const name = `${folder}/${path.relative(base, file).split(path.sep).join("/")}`;
  if (files.has(name)) return;
  files.set(name, "");
  const text = await readFile(file, "utf8");
  const next = [];
  const rewritten = text.replaceAll(/(?<=\bfrom |\bimport\(|\bimport )"([^"]+)"/g, (quoted, specifier) => {
    if (specifier.startsWith(".")) {
      next.push(path.resolve(path.dirname(file), specifier.replace(/\.[jt]s$/, ".d.ts")));
      return `"${specifier.replace(/\.ts$/, ".js")}"`;
    }
    const place = imported[specifier]?.place;
    return place === undefined ? quoted : `"${relativeTo(name, place.replace(/\.d\.ts$/, ".js"))}"`;
  });
  files.set(name, rewritten);
  for (const one of next) await addReachable(files, one, base, folder);
}

function relativeTo(from, to) {
  const relative = path.posix.relative(path.posix.dirname(from), to);
  return relative.startsWith(".") ? relative : `./${relative}`;
}

async function addWhole(files, directory, folder) {
  for (const name of await readdir(directory, { recursive: true })) {
    if (!/(\.d\.ts|^package\.json|^LICENSE)$/.test(name)) continue;
    files.set(`${folder}/${name.split(path.sep).join("/")}`, await readFile(path.join(directory, name)));
  }
}

/** Replaces what differs, each file whole: who reads meanwhile finds every file. */
async function store(files) {
  for (const [name, contents] of files) {
    const file = path.join(target, name);
    const present = await readFile(file).catch(() => undefined);
    if (present?.equals(Buffer.from(contents))) continue;
    await mkdir(path.dirname(file), { recursive: true });
    await write(file, contents);
  }
  for (const entry of await readdir(target, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(target, file).split(path.sep).join("/");
    if (!entry.isFile() || file === stamp || files.has(name)) continue;
    // Another run of this program may be about to rename what it writes.
    const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: Infinity }));
    if (unfinished.test(name) && started.getTime() - mtimeMs < 60_000) continue;
    await rm(file, { force: true });
  }
  await write(stamp, JSON.stringify({ type: "module" }));
  await utimes(stamp, started, started);
}

async function write(file, contents) {
  const temporary = `${file}.${process.pid}.part`;
  await writeFile(temporary, contents);
  await rename(temporary, file);
}
