import { linkSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bucketContract } from "../../../shared/bucket/contract.ts";
import { openFileBucket } from "../../../shared/bucket/file.ts";
import { foldingFiles, foldings } from "./folding-files.ts";
import { temporaryDirectory } from "./temporary-directory.ts";
import { tracedFiles } from "./traced-files.ts";

describe.each(Object.entries(foldings))("a file system that folds names %s", (_name, folding) => {
  const cases = bucketContract({
    async open() {
      const directory = temporaryDirectory();
      return openFileBucket({ directory, files: foldingFiles(directory, folding) });
    },
    lacks: {
      besides: "a path is a file or a directory",
      "long parts": "names are short",
      case: "folded",
      normalisation: "folded",
    },
  });
  for (const { name, skipped, run } of cases) it.skipIf(skipped !== undefined)(name, run);

  it("lets one of two spellings win that are put at the same time, and refuses the other", async () => {
    for (let round = 0; round < 5; round++) {
      const directory = temporaryDirectory();
      await using bucket = await openFileBucket({ directory, files: foldingFiles(directory, folding) });
      const puts = ["Name.dat", "NAME.DAT", "name.dat"].map((key) => bucket.put(key, key));
      const outcomes = await Promise.allSettled(puts);
      const failures = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
      expect(failures).toEqual([1, 2].map(() => expect.objectContaining({ code: "key_unsupported" })));
      const [name = ""] = readdirSync(directory);
      expect(outcomes[["Name.dat", "NAME.DAT", "name.dat"].indexOf(name)]?.status).toBe("fulfilled");
    }
  });
});

describe("a file system that keeps names", () => {
  it("is asked once per directory whether it folds them", async () => {
    const directory = temporaryDirectory();
    const asked: string[] = [];
    const files = tracedFiles(({ operation, path }) => {
      if (operation === "lstat") asked.push(path);
    });
    await using bucket = await openFileBucket({ directory, files });
    await bucket.put("dir/one", "x");
    await bucket.put("dir/two", "x");
    expect(asked).toContain(join(directory, "DIR"));
    expect(asked).toContain(join(directory, "dir/ONE"));
    expect(asked).not.toContain(join(directory, "dir/TWO"));
  });

  it("is not taken for one that folds because a file has two links", async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "name"), "x");
    linkSync(join(directory, "name"), join(directory, "NAME"));
    await using bucket = await openFileBucket({ directory });
    expect(await bucket.head("name")).toBeDefined();
    await bucket.put("NAME", "other");
    expect((await bucket.list()).objects.map(({ key, bytes }) => [key, bytes])).toEqual([
      ["NAME", 5],
      ["name", 1],
    ]);
  });
});
