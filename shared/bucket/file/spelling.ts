import type { BigIntStats } from "node:fs";
import { basename, join } from "node:path";
import { boundedMap } from "./bounded-map.ts";
import type { FileOperations } from "./file-operations.ts";
import { isSame, look } from "./places.ts";

/**
 * How a directory spells names: `kept` as they were given, or folded, by case or Unicode normalisation. Where it folds, `told` means
 * that realpath gives a file's own spelling (macOS, Windows), `listed` that only reading the directory does (Linux).
 */
type Spelling = "kept" | "told" | "listed";

/** What a file system may fold; each is learned on its own. */
type Folding = "latin case" | "case" | "normalisation";

/**
 * Tells whether a file that was found under a name has that very name. On a file system that folds names, `A.dat` finds
 * `a.dat`; but they are two keys. Learned per directory, by looking for the same file under another spelling, and remembered.
 */
export function createSpelling(files: FileOperations) {
  const learned = boundedMap<string, Spelling>(20_000);

  async function learn(
    directory: string,
    name: string,
    variant: string,
    stats: BigIntStats,
  ): Promise<Spelling> {
    const other = await look(files, join(directory, variant));
    if (other === undefined || !isSame(other, stats)) return "kept";
    const names = new Set((await files.readdir(directory)).map((entry) => entry.name));
    // Two hard links may well have two spellings of one name.
    if (names.has(variant) && names.has(name)) return "kept";
    const wrong = names.has(name) ? variant : name;
    return basename(await files.realpath(join(directory, wrong))) === wrong ? "listed" : "told";
  }

  async function agrees(directory: string, name: string, spelling: Spelling): Promise<boolean> {
    if (spelling === "kept") return true;
    if (spelling === "told") return basename(await files.realpath(join(directory, name))) === name;
    return (await files.readdir(directory)).some((entry) => entry.name === name);
  }

  function isKnownKept(directory: string, name: string): boolean {
    return variantsOf(name).every(([folding]) => learned.get(`${folding} ${directory}`) === "kept");
  }

  async function isExact(directory: string, name: string, stats: BigIntStats): Promise<boolean> {
    for (const [folding, variant] of variantsOf(name)) {
      const known = learned.get(`${folding} ${directory}`);
      const spelling = known ?? (await learn(directory, name, variant, stats));
      if (known === undefined) learned.set(`${folding} ${directory}`, spelling);
      if (!(await agrees(directory, name, spelling))) return false;
    }
    return true;
  }

  return {
    /** Whether it is known without asking that a name in this directory means no other spelling. */
    isKnownKept,

    /** Whether the file `stats`, found in `directory` under `name`, is spelled so there. */
    isExact,

    /** Whether every directory below the first of `directories` is spelled so on the disk. */
    async areExact(directories: readonly string[]): Promise<boolean> {
      for (const [index, directory] of directories.entries()) {
        const parent = directories[index - 1];
        if (parent === undefined || isKnownKept(parent, basename(directory))) continue;
        const stats = await look(files, directory);
        if (stats === undefined || !(await isExact(parent, basename(directory), stats))) return false;
      }
      return true;
    },
  };
}

export type Spellings = ReturnType<typeof createSpelling>;

/** Other spellings that a folding file system takes for `name`. None for a name that can be spelled in one way only. */
function variantsOf(name: string): readonly (readonly [Folding, string])[] {
  const variants: (readonly [Folding, string])[] = [];
  const latin = name.replaceAll(/[a-z]/gi, swapCase);
  if (latin !== name) variants.push(["latin case", latin]);
  const other = name.replaceAll(/[^\p{ASCII}]/gu, swapCase);
  if (other !== name) variants.push(["case", other]);
  const composed = name.normalize("NFC");
  const normalised = composed === name ? name.normalize("NFD") : composed;
  if (normalised !== name) variants.push(["normalisation", normalised]);
  return variants;
}

/** A character in the other case, when that is one character too. */
function swapCase(character: string): string {
  const upper = character.toUpperCase();
  const swapped = upper === character ? character.toLowerCase() : upper;
  return swapped.length === character.length ? swapped : character;
}
