import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { validateKey } from "../../../shared/bucket/key.ts";
import { asidePath, foldName, mirroredPath } from "../../../shared/cache/paths.ts";

const platforms = [
  { name: "posix", platform: path.posix, root: "/var/cache/st" },
  { name: "win32", platform: path.win32, root: "C:\\Users\\a\\cache" },
] as const;

const part = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }) },
  fc.constantFrom(
    "CON",
    "nul.txt",
    "com1",
    "LPT¹.x",
    "a.",
    "b ",
    "a:b",
    "~1",
    "PROGRA~1",
    ".simpletasks",
    ".SimpleTasks",
  ),
  fc.constantFrom(
    "é",
    "e\u0301",
    "E\u0301",
    "ß",
    "SS",
    "ss",
    "ﬁ",
    "fi",
    "K",
    "k",
    "Σ",
    "ς",
    "a\u200bb",
    "ab",
    "..a",
    "a\\b",
  ),
);
const key = fc
  .array(part, { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join("/"))
  .filter((candidate) => isKey(candidate));

function isKey(candidate: string): boolean {
  try {
    validateKey(candidate);
    return true;
  } catch {
    return false;
  }
}

describe.each(platforms)("where keys lie, with $name paths", ({ platform, root }) => {
  test("every mirrored key stays inside the cache, outside of the cache's own folder, part by part", () => {
    fc.assert(
      fc.property(key, (key) => {
        const mirrored = mirroredPath(key, root, platform);
        if (mirrored === undefined) return;
        const file = platform.join(root, mirrored);
        expect(platform.relative(root, file)).toBe(mirrored);
        expect(mirrored.split(platform.sep)).toEqual(key.split("/"));
        expect(foldName(mirrored.split(platform.sep)[0] ?? "")).not.toBe(foldName(".simpletasks"));
      }),
      { numRuns: 2000 },
    );
  });

  test("two keys never share a path", () => {
    fc.assert(
      fc.property(key, key, (one, other) => {
        fc.pre(one !== other);
        const paths = [one, other].map(
          (key) => mirroredPath(key, root, platform) ?? asidePath("b:", key, platform),
        );
        expect(paths[0]).not.toBe(paths[1]);
      }),
      { numRuns: 2000 },
    );
  });

  test("a key whose first part folds to the cache's own name is not mirrored", () => {
    for (const key of [".simpletasks/x", ".SIMPLETASKS", ".ſimpletaſks/x", ".simple\u00adtasks/index.db"]) {
      expect(mirroredPath(key, root, platform)).toBeUndefined();
    }
    expect(mirroredPath("a/.simpletasks", root, platform)).toBeDefined();
  });

  test("a part over 255 bytes, or a path that is too long, is not mirrored", () => {
    expect(mirroredPath("x".repeat(255), root, platform)).toBeDefined();
    expect(mirroredPath("x".repeat(256), root, platform)).toBeUndefined();
    expect(mirroredPath("é".repeat(128), root, platform)).toBeUndefined();
    expect(mirroredPath("part/".repeat(195) + "x", root, platform)).toBeDefined();
    expect(mirroredPath("part/".repeat(204) + "x", root, platform)).toBeUndefined();
  });
});

test("names that Windows keeps, changes or aliases are mirrored on other systems only", () => {
  for (const name of [
    "CON",
    "a/nul.tar.gz",
    "com1.txt",
    "a./b",
    "b /c",
    "a:b",
    "a\\b",
    "what?",
    "LONGNA~1.TXT",
  ]) {
    expect(mirroredPath(name, "C:\\cache", path.win32), name).toBeUndefined();
    expect(mirroredPath(name, "/cache", path.posix), name).toBe(name);
  }
  for (const name of ["CONSOLE", "a.b/com10", "nul-1"]) {
    expect(mirroredPath(name, "C:\\cache", path.win32), name).toBe(name.replaceAll("/", "\\"));
  }
});

test("folding does not tell apart what some file system takes for one name", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (name) => {
      for (const variant of [
        name.toLowerCase(),
        name.toUpperCase(),
        name.normalize("NFC"),
        name.normalize("NFD"),
      ]) {
        expect(foldName(variant)).toBe(foldName(name));
      }
    }),
  );
  for (const [one, other] of [
    ["ß", "SS"],
    ["ς", "Σ"],
    ["ẞ", "ß"],
    ["İ", "i\u0307"],
    ["K", "k"],
    ["a\u200db", "ab"],
  ]) {
    expect(foldName(one ?? "")).toBe(foldName(other ?? ""));
  }
  expect(foldName("a..b")).not.toBe(foldName("ab"));
});

test("the place beside the mirror differs by bucket and by key", () => {
  const places = new Set([
    asidePath("file:///a", "k", path.posix),
    asidePath("file:///b", "k", path.posix),
    asidePath("file:///a", "K", path.posix),
  ]);
  expect(places.size).toBe(3);
});
