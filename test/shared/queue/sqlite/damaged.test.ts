import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { SimpleTasksError } from "../../../../shared/errors.ts";
import { openSqliteQueue } from "../../../../shared/queue/sqlite/open.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const directory = temporaryDirectory();

async function makeQueueFile(file: string): Promise<void> {
  const queue = await openSqliteQueue({ file, queue: "tasks" });
  await queue.send(Array.from({ length: 200 }, () => ({ body: "x".repeat(1000) })));
  await queue[Symbol.asyncDispose]();
}

async function change(file: string, sql: string): Promise<void> {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

const damages: readonly [what: string, damage: (file: string) => Promise<void>, says: RegExp][] = [
  [
    "a file that is no database",
    async (file) => writeFileSync(file, "tasks to do: none\n".repeat(500)),
    /not a database/,
  ],
  [
    "a truncated file",
    async (file) => {
      await makeQueueFile(file);
      writeFileSync(file, readFileSync(file).subarray(0, 3 * 8192));
    },
    /malformed/,
  ],
  [
    "a file whose first page was overwritten",
    async (file) => {
      await makeQueueFile(file);
      writeFileSync(
        file,
        Buffer.concat([
          readFileSync(file).subarray(0, 16),
          Buffer.alloc(8176, 0xff),
          readFileSync(file).subarray(8192),
        ]),
      );
    },
    /not a (usable|database)|malformed/,
  ],
  [
    "another program's database",
    async (file) => change(file, "CREATE TABLE bookmarks (url TEXT)"),
    /another program's/,
  ],
  [
    "a file of a newer version",
    async (file) => {
      await makeQueueFile(file);
      await change(file, "PRAGMA user_version = 99");
    },
    /newer version/,
  ],
];

test.each(damages)("%s is named as damaged and left as it is", async (what, damage, says) => {
  const file = path.join(directory, `${what}.db`);
  await damage(file);
  const before = readFileSync(file);
  const error: unknown = await openSqliteQueue({ file, queue: "tasks" }).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(SimpleTasksError);
  expect(error).toMatchObject({ code: "queue_damaged", about: { file } });
  expect((error as SimpleTasksError).message).toMatch(says);
  expect((error as SimpleTasksError).message).toContain(file);
  expect(readFileSync(file).equals(before)).toBe(true);
});

test("damage that shows only later fails the call with the file's name", async () => {
  const file = path.join(directory, "later.db");
  await makeQueueFile(file);
  const bytes = readFileSync(file);
  // The first page, with header and schema, stays; the rows are overwritten.
  writeFileSync(file, Buffer.concat([bytes.subarray(0, 8192), Buffer.alloc(bytes.length - 8192, 0xff)]));
  const queue = await openSqliteQueue({ file, queue: "tasks" });
  await expect(queue.receive({ max: 10, waitSeconds: 0, leaseSeconds: 10 })).rejects.toMatchObject({
    code: "queue_damaged",
    about: { file },
  });
  await queue[Symbol.asyncDispose]();
});

test("an empty file becomes a queue file", async () => {
  const file = path.join(directory, "empty.db");
  writeFileSync(file, "");
  await makeQueueFile(file);
  expect(readFileSync(file).subarray(68, 72).toString("latin1")).toBe("STsk");
});

test("a directory in the file's place is an error that names it", async () => {
  const file = path.join(directory, "folder.db");
  mkdirSync(file);
  await expect(openSqliteQueue({ file, queue: "tasks" })).rejects.toMatchObject({
    code: "io",
    about: { file },
  });
});

test.skipIf(process.platform === "win32")(
  "a missing parent directory and the files are made for their owner alone",
  async () => {
    const file = path.join(directory, "new", "deep", "queue.db");
    const queue = await openSqliteQueue({ file, queue: "tasks" });
    await queue.send([{ body: "a" }]);
    const mode = (name: string): number => statSync(name).mode & 0o777;
    expect(mode(path.join(directory, "new"))).toBe(0o700);
    expect([file, `${file}-wal`, `${file}-shm`, `${file}-bell`].map(mode)).toEqual([
      0o600, 0o600, 0o600, 0o600,
    ]);
    await queue[Symbol.asyncDispose]();
  },
);
