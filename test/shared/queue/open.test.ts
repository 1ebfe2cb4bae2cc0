import { existsSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { SimpleTasksError } from "../../../shared/errors.ts";
import { createMemoryQueue } from "../../../shared/queue/memory.ts";
import { openQueue } from "../../../shared/queue/open.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const directory = temporaryDirectory();

test.each(["redis://host/queue", "queue", "constructor:x"])(
  "%s is refused with a list of the known schemes",
  async (url) => {
    const error: unknown = await openQueue(url, { drivers: { mine: async () => createMemoryQueue() } }).catch(
      (error: unknown) => error,
    );
    expect(error).toBeInstanceOf(SimpleTasksError);
    expect(error).toMatchObject({ code: "scheme_unknown", hint: "Known schemes: memory, mine, sqlite." });
  },
);

test.each(["sqs://jobs", "https://sqs.eu-west-1.amazonaws.com/1234/jobs"])(
  "%s is refused as one that is not built yet",
  async (url) => {
    await expect(openQueue(url)).rejects.toMatchObject({
      code: "scheme_unknown",
      hint: "SQS is not built yet. Known schemes: memory, sqlite.",
    });
  },
);

test("a caller's driver is asked for its scheme, with the base directory", async () => {
  const asked: unknown[] = [];
  const queue = createMemoryQueue({ name: "theirs" });
  const drivers = {
    mine: async (...words: unknown[]) => {
      asked.push(words);
      return queue;
    },
  };
  expect(await openQueue("MINE://x", { baseDirectory: "/base", drivers })).toBe(queue);
  expect(asked).toEqual([
    ["MINE://x", { baseDirectory: "/base", busySeconds: undefined, signal: undefined }],
  ]);
});

test("a named memory queue is one queue in this process, an unnamed one a new queue each time", async () => {
  const one = await openQueue("memory:shared");
  const other = await openQueue("memory:shared");
  const unnamed = [await openQueue("memory:"), await openQueue("memory:")];
  await one.send([{ body: "a" }]);
  await one[Symbol.asyncDispose]();
  const received = await other.receive({ max: 10, waitSeconds: 0, leaseSeconds: 60 });
  expect(received.map(({ body }) => body)).toEqual(["a"]);
  await unnamed[0]?.send([{ body: "b" }]);
  expect(await unnamed[1]?.stats()).toEqual({ visible: 0, leased: 0, delayed: 0 });
});

test("a SQLite queue lies where its URL says, and its own URL opens it again from anywhere", async () => {
  const queue = await openQueue("sqlite:new/folder/q 1?.db?queue=a b".replace("1?", "1%3F"), {
    baseDirectory: directory,
  });
  expect(existsSync(path.join(directory, "new/folder/q 1?.db"))).toBe(true);
  await queue.send([{ body: "a" }]);
  const again = await openQueue(queue.url, { baseDirectory: "/nowhere" });
  expect(again.url).toBe(queue.url);
  expect(await again.stats()).toMatchObject({ visible: 1 });
  await Promise.all([queue, again].map((queue) => queue[Symbol.asyncDispose]()));
});
