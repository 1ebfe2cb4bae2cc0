import { existsSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openQueue } from "../../../shared/queue/open.ts";
import { makeFolder, type Folder } from "./command-line.ts";

let folder: Folder;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const url = "sqlite:q.db?queue=texts";

describe("queue send", () => {
  it("sends each line as it is, also one that is no task", async () => {
    writeFileSync(folder.file("texts"), 'not JSON {\n\n  {"a": 1.0}\u2028ä \r\nlast');
    const { code, out } = await folder.run(["queue", "send", url, "texts"]);
    expect({ code, out }).toEqual({
      code: 0,
      out: `sent 3 messages to sqlite://${folder.path}/q.db?queue=texts\n`,
    });
    await using queue = await openQueue(url, { baseDirectory: folder.path });
    const found = (await queue.peek?.({ max: 10 })) ?? [];
    expect(found.map(({ body }) => body)).toEqual(["not JSON {", '  {"a": 1.0}\u2028ä ', "last"]);
  });

  it("sends thousands, from standard input", async () => {
    const input = Array.from({ length: 2500 }, (_, index) => `message ${index}\n`).join("");
    expect(await folder.run(["queue", "send", url, "-", "--json"], { input })).toMatchObject({ code: 0 });
    expect((await folder.run(["queue", "stats", url, "--json"])).out).toBe(
      '{"visible":2500,"leased":0,"delayed":0}\n',
    );
  });
});

describe("queue stats", () => {
  it("tells visible, leased and delayed messages", async () => {
    await using queue = await openQueue(url, { baseDirectory: folder.path });
    await queue.send([{ body: "a" }, { body: "b" }, { body: "c" }, { body: "later", delaySeconds: 600 }]);
    await queue.receive({ max: 2, waitSeconds: 0, leaseSeconds: 600 });
    expect((await folder.run(["queue", "stats", url, "--json"])).out).toBe(
      '{"visible":1,"leased":2,"delayed":1}\n',
    );
    expect((await folder.run(["queue", "stats", url])).out).toContain("1 visible, 2 leased, 1 delayed");
  });

  it("makes no queue by looking", async () => {
    expect(await folder.run(["queue", "stats", url, "--json"])).toEqual({
      code: 0,
      out: '{"visible":0,"leased":0,"delayed":0}\n',
      err: "",
    });
    expect(existsSync(folder.file("q.db"))).toBe(false);
  });

  it("names a damaged file and leaves it as it is", async () => {
    writeFileSync(folder.file("q.db"), "this is no database, but something that a person wrote".repeat(100));
    const { code, err } = await folder.run(["queue", "stats", url]);
    expect(code).toBe(1);
    expect(err).toContain(folder.file("q.db"));
    expect(err).not.toContain("    at ");
  });
});
