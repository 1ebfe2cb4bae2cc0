import { statSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openFileBucket } from "../../../shared/bucket/file.ts";
import { fileSystem } from "../../../shared/bucket/file/file-operations.ts";
import { modificationClock } from "../../../shared/bucket/file/etag.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

describe("modificationClock", () => {
  it("never gives a time twice, nor an earlier one, even if its source stands still or goes back", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1.6e12, max: 2e12, noNaN: true }), { minLength: 2, maxLength: 50 }),
        (readings) => {
          let index = 0;
          const clock = modificationClock(() => readings[index++] ?? 0);
          const times = readings.map(() => clock());
          // As the file system is told them: in nanoseconds, from a double.
          const stored = times.map((seconds) => Math.round(seconds * 1e6));
          for (const [position, time] of stored.slice(1).entries())
            expect(time).toBeGreaterThan(stored[position] ?? 0);
        },
      ),
    );
  });
});

describe("the ETag of a file bucket", () => {
  it("rests on a modification time of the put's own, since a kernel's clock may be too coarse and an inode be used again", async () => {
    const directory = temporaryDirectory();
    const told: number[] = [];
    const files = {
      ...fileSystem,
      async open(path: string, flags: number, mode?: number) {
        const file = await fileSystem.open(path, flags, mode);
        return {
          ...file,
          utimes: (accessed: number, modified: number) => {
            told.push(modified);
            return file.utimes(accessed, modified);
          },
        };
      },
    };
    await using bucket = await openFileBucket({ directory, files });
    await Promise.all(Array.from({ length: 30 }, (_, index) => bucket.put(`key${index}`, "same length")));
    expect(new Set(told).size).toBe(30);
    const { mtimeMs } = statSync(join(directory, "key0"));
    expect(told.some((seconds) => Math.abs(seconds * 1000 - mtimeMs) < 0.01)).toBe(true);
  });
});
