import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";
import { queueContract } from "../../shared/queue/contract.ts";
import type { Queue } from "../../shared/queue/queue.ts";
import { createMemoryQueue } from "../../shared/queue/memory.ts";
import { openSqliteQueue } from "../../shared/queue/sqlite/open.ts";

let directory: string;
let opened = 0;
/** Keeps the file's thread from being started anew for each case. */
let keeper: Queue;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "queue-contract-"));
  keeper = await open();
});

afterAll(async () => {
  await keeper[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const open = () => openSqliteQueue({ file: path.join(directory, "queue.db"), queue: `queue ${opened++}` });

const short = { leaseSeconds: 0.1, delaySeconds: 0.1 };

describe("the memory queue", () => {
  for (const { name, run } of queueContract({ ...short, open: async () => createMemoryQueue() }))
    test(name, run);
});

describe("the SQLite queue", () => {
  for (const { name, run } of queueContract({ ...short, open })) test(name, run);
});
