import { describe, expect, it } from "vitest";
import { windowsRefusal } from "../../../shared/bucket/windows-names.ts";

describe("windowsRefusal", () => {
  it.each([
    "a\\b",
    "a/b:stream",
    "x?",
    "x*",
    'x"',
    "<x>",
    "a|b",
    "line\nfeed",
    "a./b",
    "a /b",
    "...",
    "con",
    "a/NUL.txt",
    "Com1",
    "lpt¹",
    "aux .dat",
    "CONIN$",
  ])("refuses %j", (key) => expect(windowsRefusal(key)).toBeTypeOf("string"));

  it.each(["a/b", "a..b", ".hidden", "console", "com10", "null/x", "große Würfel", "a b", "nul-x"])(
    "takes %j",
    (key) => {
      expect(windowsRefusal(key)).toBeUndefined();
    },
  );
});
