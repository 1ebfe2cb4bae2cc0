import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { openSqliteQueue } from "../../../../shared/queue/sqlite/open.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const directory = temporaryDirectory();

/** How many transactions the write-ahead log holds (https://sqlite.org/fileformat2.html#walformat). */
function commitsIn(wal: string): number {
  const log = readFileSync(wal);
  const pageSize = log.readUInt32BE(8);
  const salts = log.subarray(16, 24);
  let commits = 0;
  for (let frame = 32; frame + 24 + pageSize <= log.length; frame += 24 + pageSize) {
    if (!log.subarray(frame + 8, frame + 16).equals(salts)) break;
    // The size of the database, in pages, in the last frame of a transaction; 0 in the others.
    if (log.readUInt32BE(frame + 4) !== 0) commits += 1;
  }
  return commits;
}

test("sends that come together share commits, and each is acknowledged on its own", async () => {
  const file = path.join(directory, "group.db");
  const queue = await openSqliteQueue({ file, queue: "a" });
  const other = await openSqliteQueue({ file, queue: "b" });
  for (let index = 0; index < 10; index++) await queue.send([{ body: `alone ${index}` }]);
  const alone = commitsIn(`${file}-wal`);
  expect(alone).toBeGreaterThanOrEqual(10);

  const sending = Array.from({ length: 400 }, (_, index) =>
    (index % 2 === 0 ? queue : other).send([{ body: `together ${index}` }]),
  );
  const outcomes = (await Promise.all(sending)).flat();
  expect(outcomes.every(({ sent }) => sent)).toBe(true);
  expect(commitsIn(`${file}-wal`) - alone).toBeLessThan(40);
  expect((await queue.stats()).visible + (await other.stats()).visible).toBe(410);
  await queue[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
});
