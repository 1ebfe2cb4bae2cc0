import { posix, win32 } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareKeys, isReservedKey, joinKey, KEY_BYTES, validateKey } from "../../../shared/bucket/key.ts";
import { isSimpleTasksError } from "../../../shared/errors.ts";

function accepts(key: string): boolean {
  try {
    validateKey(key);
    return true;
  } catch (error) {
    if (isSimpleTasksError(error, "key_invalid")) return false;
    throw error;
  }
}

/** Texts made of what paths are made of, so that most of them are attacks. */
const pathLike = fc
  .array(fc.constantFrom("..", ".", "/", "\\", "C:", "a", "b ", "é", "...", "\0", "~", "con", "𝒳", ":"), {
    maxLength: 8,
  })
  .map((words) => words.join(""));

describe("validateKey", () => {
  it.each([
    ["a"],
    ["datasets/noop_dataset/0_input/4.dat"],
    ["a..b"],
    ["..a/b.."],
    [".hidden/..."],
    ["a\\b"],
    ["2024-01-01T10:00:00Z/x"],
    ["line\nfeed"],
    ["große Würfel/日本/𝒳.dat"],
    ["x".repeat(KEY_BYTES)],
    ["é".repeat(KEY_BYTES / 2)],
  ])("accepts %j", (key) => {
    expect(accepts(key)).toBe(true);
  });

  it.each([
    ["", "empty"],
    ["a\0b", "NUL"],
    ["\ud800", "surrogate"],
    ["a/\udfff", "surrogate"],
    ["x".repeat(KEY_BYTES + 1), "1025 bytes"],
    ["é".repeat(KEY_BYTES / 2 + 1), "1026 bytes"],
    ["/etc/passwd", "begins with a slash"],
    ["a/", "ends with a slash"],
    ["a//b", "empty part"],
    [".", '"."'],
    ["..", '".."'],
    ["../a", '".."'],
    ["a/./b", '"."'],
    ["a/../../b", '".."'],
    ["a\\..\\..\\b", '".."'],
    ["a/..\\b", '".."'],
    ["\\\\server\\share", "backslash"],
    ["\\a", "backslash"],
    ["C:\\a", "drive letter"],
    ["c:a", "drive letter"],
    ["C:/a", "drive letter"],
  ])("refuses %j and says why", (key, reason) => {
    expect(() => validateKey(key)).toThrow(expect.objectContaining({ code: "key_invalid" }));
    expect(() => validateKey(key)).toThrow(reason);
  });

  it.each([
    ["POSIX", posix, "/cache/directory"],
    ["Windows", win32, "D:\\cache\\directory"],
  ])("accepts no key that leaves a directory under the path rules of %s", (_system, path, directory) => {
    fc.assert(
      fc.property(fc.oneof(pathLike, fc.string({ unit: "binary" })), (key) => {
        fc.pre(accepts(key));
        for (const file of [path.join(directory, key), path.resolve(directory, key)]) {
          const relative = path.relative(directory, file);
          expect(relative).not.toBe("");
          expect(relative.split(path.sep)).not.toContain("..");
          expect(path.isAbsolute(relative)).toBe(false);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("accepts no two keys that POSIX reads as one path", () => {
    fc.assert(
      fc.property(pathLike, pathLike, (a, b) => {
        fc.pre(a !== b && accepts(a) && accepts(b));
        expect(posix.join("/d", a)).not.toBe(posix.join("/d", b));
      }),
    );
  });
});

describe("joinKey", () => {
  it("joins with one slash", () => {
    expect(joinKey("datasets/one", "0_input/4.dat")).toBe("datasets/one/0_input/4.dat");
    expect(joinKey("datasets/one/", "4.dat")).toBe("datasets/one/4.dat");
  });

  it.each([
    ["a", "../../b"],
    ["a", "/b"],
    ["a", ""],
    ["", "b"],
    ["..", "b"],
    ["a//", "b"],
    ["C:", "b"],
  ])("refuses %j with %j", (baseDirectory, name) => {
    expect(() => joinKey(baseDirectory, name)).toThrow(expect.objectContaining({ code: "key_invalid" }));
  });
});

describe("isReservedKey", () => {
  it("reserves what lies under _simpletasks, in every spelling that a file system may fold to it", () => {
    for (const key of ["_simpletasks/messages/q/1", "_simpletasks", "_SimpleTasks/x", "_ſimpletasks/x"]) {
      expect(isReservedKey(key), key).toBe(true);
    }
    for (const key of ["_simpletasks2/x", "a/_simpletasks/x", "simpletasks/x"]) {
      expect(isReservedKey(key), key).toBe(false);
    }
  });
});

describe("compareKeys", () => {
  it("orders as the UTF-8 bytes do", () => {
    const text = fc.string({
      unit: fc.oneof(
        fc.constantFrom("a", "/", "-", "\ue000", "\uffff", "𝒳"),
        fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
      ),
    });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { numRuns: 2000, examples: [["\uffff", "𝒳"]] },
    );
  });
});
