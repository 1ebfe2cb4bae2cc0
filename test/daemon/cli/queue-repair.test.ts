import { existsSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openQueue } from "../../../shared/queue/open.ts";
import { makeFolder, type Folder } from "./command-line.ts";

let folder: Folder;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const url = "sqlite:q.db?queue=texts";
const open = () => openQueue(url, { baseDirectory: folder.path });

it("queue peek shows what lies there, and leaves it as it is", async () => {
  await using queue = await open();
  await queue.send([{ body: "one\u001b[31m" }, { body: "two" }, { body: "later", delaySeconds: 600 }]);
  await queue.receive({ max: 1, waitSeconds: 0, leaseSeconds: 600 });
  const { out } = await folder.run(["queue", "peek", url]);
  expect(out).toMatch(/^id +state +deliveries +age +message\n/);
  expect(out).toMatch(
    /\n 1 +leased +1 +\d+ s +one\\u\{1b\}\[31m\n 2 +visible +0 .* two\n 3 +delayed +0 .* later\n$/,
  );
  expect(await folder.run(["queue", "peek", url, "--limit", "2"])).toMatchObject({
    out: expect.stringMatching(/ two\n$/),
    err: "and 1 more message (--limit N shows more)\n",
  });
  expect((await folder.run(["queue", "peek", url, "--json"])).out).toBe("one\u001b[31m\ntwo\nlater\n");
  expect(await queue.stats()).toEqual({ visible: 1, leased: 1, delayed: 1 });
});

it("queue purge asks with the number of messages, and removes all", async () => {
  await using queue = await open();
  await queue.send([{ body: "one" }, { body: "two" }]);
  await queue.receive({ max: 1, waitSeconds: 0, leaseSeconds: 600 });
  expect(await folder.run(["queue", "purge", url])).toMatchObject({
    code: 2,
    err: expect.stringMatching(
      /remove all 2 messages of .*, 1 of them leased by daemons at work\?\nhint: Add --yes/,
    ),
  });
  expect(await queue.stats()).toMatchObject({ visible: 1, leased: 1 });
  expect(await folder.run(["queue", "purge", url, "--yes", "--json"])).toMatchObject({
    code: 0,
    out: `{"removed":2,"queue":"${queue.url}"}\n`,
  });
  expect(await queue.stats()).toEqual({ visible: 0, leased: 0, delayed: 0 });
  expect(await folder.run(["queue", "purge", url])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^removed 0 messages/),
  });
});

it("queue release ends the leases of daemons that are gone, after asking", async () => {
  await using queue = await open();
  await queue.send([{ body: "one" }, { body: "two" }]);
  await queue.receive({ max: 2, waitSeconds: 0, leaseSeconds: 600 });
  expect(await folder.run(["queue", "release", url])).toMatchObject({
    code: 2,
    err: expect.stringMatching(/end 2 leases of .*\? Only when the daemons that hold them are gone/),
  });
  expect(await folder.run(["queue", "release", url, "--yes"])).toMatchObject({
    code: 0,
    out: `ended 2 leases of ${queue.url}\n`,
  });
  expect(await queue.stats()).toEqual({ visible: 2, leased: 0, delayed: 0 });
});

it.each(["peek", "purge", "release"])("queue %s makes no queue", async (command) => {
  expect(await folder.run(["queue", command, url])).toMatchObject({
    code: 0,
    err: `there is no queue file ${folder.file("q.db")} yet\n`,
  });
  expect(existsSync(folder.file("q.db"))).toBe(false);
});
