import { once } from "node:events";
import path from "node:path";
import { expect, test } from "vitest";
import { createBell } from "../../../../shared/queue/sqlite/bell.ts";
import { openSqliteQueue } from "../../../../shared/queue/sqlite/open.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { startChild } from "./children.ts";

const directory = temporaryDirectory();

test("a receive that waits in another process gets a message sent here, and one that becomes visible later", async () => {
  const file = path.join(directory, "wake.db");
  const queue = await openSqliteQueue({ file, queue: "tasks" });
  const child = startChild("./waiter.ts", [file]);
  expect(await child.next()).toBe("waiting");
  await queue.send([{ body: "now" }]);
  expect(await child.next()).toEqual(["now"]);
  await queue.send([{ body: "later", delaySeconds: 0.3 }]);
  expect(await child.next()).toEqual(["later"]);
  await queue[Symbol.asyncDispose]();
});

test("a bell is heard by others who listen", async () => {
  const file = path.join(directory, "bell");
  const { promise, resolve } = Promise.withResolvers<void>();
  const listener = createBell({ file, onRing: resolve });
  const ringer = createBell({ file, onRing: () => undefined });
  listener.listen();
  ringer.ring();
  await promise;
  ringer[Symbol.dispose]();
  listener[Symbol.dispose]();
});

test("where files cannot be watched the bell rings by itself every second", async () => {
  const rings = new EventTarget();
  const watchFile = (): never => {
    throw new Error("no more watches");
  };
  const bell = createBell({
    file: path.join(directory, "unwatched"),
    onRing: () => rings.dispatchEvent(new Event("ring")),
    watchFile,
  });
  const rung = once(rings, "ring");
  bell.listen();
  // The bell's own timer keeps nothing alive.
  const alive = setInterval(() => undefined, 1000);
  await rung;
  clearInterval(alive);
  bell[Symbol.dispose]();
});
