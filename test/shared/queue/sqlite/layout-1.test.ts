import { statSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { openSqliteQueue } from "../../../../shared/queue/sqlite/open.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const directory = temporaryDirectory();

/** A file as the first version of SimpleTasks made it: one queue, whose first message was received once and lapsed. */
function makeFile(name: string, bodies: readonly string[]): string {
  const file = path.join(directory, name);
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA page_size = 8192; PRAGMA journal_mode = WAL;
    CREATE TABLE queues (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, head INTEGER NOT NULL DEFAULT 1,
      tail INTEGER NOT NULL DEFAULT 1, fresh INTEGER NOT NULL DEFAULT 0, leased INTEGER NOT NULL DEFAULT 0,
      unleased INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE messages_1 (id INTEGER PRIMARY KEY, body TEXT NOT NULL, sent_at INTEGER NOT NULL);
    CREATE TABLE later_1 (id INTEGER PRIMARY KEY, body TEXT NOT NULL, sent_at INTEGER NOT NULL);
    CREATE TABLE aside_1 (id INTEGER PRIMARY KEY, until INTEGER NOT NULL, lease INTEGER NOT NULL, deliveries INTEGER NOT NULL);
    CREATE INDEX aside_1_until ON aside_1 (until, id, lease);
    INSERT INTO aside_1 VALUES (1, 1000, 77, 1);
    PRAGMA application_id = ${0x5354736b}; PRAGMA user_version = 1; BEGIN`);
  const add = database.prepare("INSERT INTO messages_1 VALUES (?, ?, 500)");
  for (const [index, body] of bodies.entries()) add.run(index + 1, body);
  database
    .prepare("INSERT INTO queues VALUES (1, 'tasks', 2, ?, ?, 1, 0)")
    .run(bodies.length + 1, bodies.length - 1);
  database.exec("COMMIT");
  database.close();
  return file;
}

function read(file: string, pragma: string): unknown {
  const database = new DatabaseSync(file, { readOnly: true });
  const row = database.prepare(`PRAGMA ${pragma}`).get();
  database.close();
  return Object.values(row ?? {})[0];
}

const task = (name: string): string =>
  JSON.stringify({
    basic_info: { name, base_directory: "set", inputs: [] },
    payload_info: null,
    simpletasks: { batch: "old" },
  });

test("a file of the first layout keeps its messages, and counts batches from then on", async () => {
  const file = makeFile("kept.db", [task("A"), task("B"), task("C")]);
  const [queue, beside] = await Promise.all([
    openSqliteQueue({ file, queue: "tasks" }),
    openSqliteQueue({ file, queue: "errors" }),
  ]);
  expect(await queue.stats()).toEqual({ visible: 3, leased: 0, delayed: 0 });
  expect(await queue.batches?.list()).toEqual([]);
  const messages = await queue.receive({ max: 10, waitSeconds: 0, leaseSeconds: 60 });
  expect(messages.map(({ body, deliveries }) => [body, deliveries])).toEqual([
    [task("A"), 2],
    [task("B"), 1],
    [task("C"), 1],
  ]);
  const settlements = messages.slice(0, 2).map(({ receipt }) => ({
    receipt,
    sends: [],
    counts: { batch: "old", change: "done" } as const,
  }));
  await queue.transaction?.settle(settlements);
  expect(await queue.batches?.list()).toMatchObject([{ batch: "old", scheduled: 3, running: 1, done: 2 }]);
  await Promise.all([queue[Symbol.asyncDispose](), beside[Symbol.asyncDispose]()]);
  expect(read(file, "user_version")).toBe(2);
  expect(read(file, "auto_vacuum"), "a small file can shrink afterwards").toBe(2);
  expect(read(file, "integrity_check")).toBe("ok");
});

test("a large file of the first layout is not copied to make it shrink", async () => {
  const file = makeFile(
    "large.db",
    Array.from({ length: 2500 }, () => "x".repeat(8000)),
  );
  const before = statSync(file);
  await using queue = await openSqliteQueue({ file, queue: "tasks" });
  expect(await queue.purge()).toBe(2500);
  expect(read(file, "auto_vacuum")).toBe(0);
  expect(statSync(file).size).toBeGreaterThanOrEqual(before.size);
});
