import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Queue } from "../../../../shared/queue/queue.ts";
import { openSqliteQueue } from "../../../../shared/queue/sqlite/open.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

// Another program holds the file's write lock: a connection that knows nothing of the line.

const file = path.join(temporaryDirectory(), "locked.db");
let patient: Queue;
let impatient: Queue;
let foreign: DatabaseSync;

beforeAll(async () => {
  patient = await openSqliteQueue({ file, queue: "tasks" });
  impatient = await openSqliteQueue({ file, queue: "tasks", busySeconds: 0.2 });
  await patient.send([{ body: "before" }]);
  foreign = new DatabaseSync(file);
});

afterAll(async () => {
  foreign.close();
  await Promise.all([patient, impatient].map((queue) => queue[Symbol.asyncDispose]()));
});

test("a call that waits too long fails with queue_busy, retryable, and names the file; a patient one goes through", async () => {
  foreign.exec("BEGIN IMMEDIATE");
  const sending = patient.send([{ body: "patient" }]);
  const busy = { code: "queue_busy", retryable: true, about: { file } };
  await expect(impatient.send([{ body: "impatient" }])).rejects.toMatchObject(busy);
  await expect(impatient.receive({ max: 1, waitSeconds: 0, leaseSeconds: 1 })).rejects.toMatchObject(busy);
  expect(await patient.stats()).toMatchObject({ visible: 1 });
  foreign.exec("COMMIT");
  expect(await sending).toMatchObject([{ sent: true }]);
  expect(await impatient.purge()).toBe(2);
});

test("a call that is aborted while it waits for the lock has done nothing", async () => {
  foreign.exec("BEGIN IMMEDIATE");
  const abort = new AbortController();
  const aborted = patient.send([{ body: "never" }], { signal: abort.signal });
  const sending = patient.send([{ body: "kept" }]);
  abort.abort();
  await expect(aborted).rejects.toMatchObject({ code: "aborted" });
  foreign.exec("COMMIT");
  await sending;
  const received = await patient.receive({ max: 10, waitSeconds: 0, leaseSeconds: 60 });
  expect(received.map(({ body }) => body)).toEqual(["kept"]);
});

test("opening fails with queue_busy while another program has the file to itself", async () => {
  const alone = path.join(path.dirname(file), "alone.db");
  const owner = new DatabaseSync(alone);
  owner.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE t (x)");
  await expect(openSqliteQueue({ file: alone, queue: "tasks", busySeconds: 0.1 })).rejects.toMatchObject({
    code: "queue_busy",
  });
  owner.close();
});
