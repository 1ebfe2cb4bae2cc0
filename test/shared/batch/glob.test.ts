import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readGlob, type Glob } from "../../../shared/batch/template/glob.ts";

function globOf(pattern: string): Glob {
  const glob = readGlob(pattern);
  if ("mistake" in glob) throw new Error(glob.mistake);
  return glob;
}

const matches = (pattern: string, key: string): boolean => globOf(pattern).matches(key);

describe("a glob", () => {
  it.each([
    ["*.dat", ["a.dat", ".dat", "ä b.dat"], ["a.dat.x", "b/a.dat", "a_dat"]],
    ["**", ["a", "a/b", ".a/.b", "a\nb/c"], []],
    ["**/*.dat", ["a.dat", "b/a.dat", "c/b/a.dat"], ["a.data"]],
    ["a/**", ["a/b", "a/b/c"], ["a", "ab"]],
    ["a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["ab", "a/xb"]],
    ["a**b", ["ab", "axb"], ["a/b"]],
    ["?", ["a", "ä", "😀"], ["", "ab", "/"]],
    ["[a-c0].dat", ["a.dat", "b.dat", "0.dat"], ["d.dat", "-.dat"]],
    ["[!a-c]", ["d", "😀"], ["a", "/"]],
    ["[^a]", ["b"], ["a"]],
    ["[]a-]", ["]", "a", "-"], ["b"]],
    ["[!]]", ["a"], ["]"]],
    [String.raw`[\]\-x]`, ["]", "-", "x"], ["\\"]],
    ["{a,b{1,2},}.dat", ["a.dat", "b1.dat", "b2.dat", ".dat"], ["b.dat"]],
    ["{a/*,b}/c", ["a/x/c", "b/c"], ["a/c"]],
    ["{a}", ["{a}"], ["a"]],
    [String.raw`\*\[\\`, [String.raw`*[` + "\\"], ["a["]],
    ["a.b+c(d)|^$", ["a.b+c(d)|^$"], ["aXb+c(d)|^$"]],
  ])("%s matches what it says, and nothing else", (pattern, yes, no) => {
    expect(yes.filter((key) => !matches(pattern, key))).toEqual([]);
    expect(no.filter((key) => matches(pattern, key))).toEqual([]);
  });

  it("names the longest beginning that all its keys have", () => {
    expect(
      ["0_input/4*.dat", "a/{b,c}", "a[b]", "a/b", "**", String.raw`\*a?`].map((text) => globOf(text).prefix),
    ).toEqual(["0_input/4", "a/", "a", "a/b", "", "*a"]);
  });

  it.each([
    ["[a", "has a [ that is not closed: [a"],
    ["x{a,b", "has a { that is not closed: {a,b"],
    ["[z-a]", "has a set whose range runs backwards: z-a"],
    ["a\\", String.raw`ends with a \ that has nothing to stand before`],
    ["/a", "begins outside base_directory: it must begin with a name"],
    ["../a", "begins outside base_directory: it must begin with a name"],
  ])("%s is told to be none", (pattern, mistake) => {
    expect(readGlob(pattern)).toEqual({ mistake });
  });

  // Node's own folds case elsewhere; of what both know they say the same.
  it.runIf(process.platform === "linux")("matches as Node's own does, and only keys with its prefix", () => {
    const part = fc.constantFrom("a", "b", "ab", "*", "?", "[ab]", "[!a]", "{a,b}", "a*b");
    const pattern = fc.array(
      fc.oneof(
        fc.constant("**"),
        fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("")),
      ),
      {
        minLength: 1,
        maxLength: 4,
      },
    );
    const key = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 3 }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(pattern, key, (patternParts, keyParts) => {
        const text = patternParts.join("/").replaceAll(/\*{3,}/g, "**");
        const name = keyParts.join("/");
        const glob = globOf(text);
        const matched = glob.matches(name);
        expect({ text, name, matched }).toEqual({ text, name, matched: path.posix.matchesGlob(name, text) });
        if (matched) expect(name.startsWith(glob.prefix)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});
