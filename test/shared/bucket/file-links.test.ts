import { execFileSync } from "node:child_process";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Bucket } from "../../../shared/bucket/bucket.ts";
import { openFileBucket } from "../../../shared/bucket/file.ts";
import { temporaryDirectory } from "./temporary-directory.ts";
import { tracedFiles } from "./traced-files.ts";

interface Ground {
  readonly root: string;
  /** Outside the bucket; holds `secret` and `deep/secret`. */
  readonly outside: string;
}

function ground(): Ground {
  const [root, outside] = [temporaryDirectory(), temporaryDirectory()];
  mkdirSync(join(outside, "deep"));
  writeFileSync(join(outside, "secret"), "secret");
  writeFileSync(join(outside, "deep", "secret"), "secret");
  return { root, outside };
}

async function expectRefused(bucket: Bucket, key: string, code: string): Promise<void> {
  await expect(bucket.get(key), `get ${key}`).rejects.toMatchObject({ code });
  await expect(bucket.head(key), `head ${key}`).rejects.toMatchObject({ code });
  await expect(bucket.head(key, { checksum: true }), `head ${key}`).rejects.toMatchObject({ code });
  await expect(bucket.put(key, "x"), `put ${key}`).rejects.toMatchObject({ code });
  await expect(bucket.put(key, "x", { onlyIfAbsent: true }), `put ${key}`).rejects.toMatchObject({ code });
  await expect(bucket.delete(key), `delete ${key}`).rejects.toMatchObject({ code });
}

function expectUntouched({ outside }: Ground): void {
  expect(readdirSync(outside, { recursive: true }).sort()).toEqual(["deep", "deep/secret", "secret"]);
  for (const name of ["secret", "deep/secret"])
    expect(readFileSync(join(outside, name), "utf8")).toBe("secret");
}

describe("symbolic links in a file bucket", () => {
  it("that lead out are refused at every part of a key, and never listed", async () => {
    const there = ground();
    mkdirSync(join(there.root, "a"));
    symlinkSync(join(there.outside, "secret"), join(there.root, "file"));
    symlinkSync(join(there.outside, "secret"), join(there.root, "a/file"));
    symlinkSync(there.outside, join(there.root, "directory"));
    symlinkSync(join(there.outside, "deep"), join(there.root, "a/directory"));
    symlinkSync("/nowhere/at/all", join(there.root, "dangling"));
    symlinkSync("loop", join(there.root, "loop"));
    await using bucket = await openFileBucket({ directory: there.root });
    for (const key of [
      "file",
      "a/file",
      "directory/secret",
      "directory/deep/secret",
      "a/directory/secret",
      "directory/new/x",
      "dangling",
      "dangling/x",
      "loop",
      "loop/x",
    ]) {
      await expectRefused(bucket, key, "key_invalid");
    }
    for (const prefix of ["", "a/", "directory/", "directory/deep/", "a/directory/", "fi"]) {
      expect(await bucket.list({ prefix }), prefix).toEqual({ objects: [] });
    }
    expectUntouched(there);
    expect(readdirSync(there.root).sort()).toEqual(["a", "dangling", "directory", "file", "loop"]);
  });

  it("that stay inside are not followed either: two keys would be one object", async () => {
    const { root } = ground();
    mkdirSync(join(root, "a"));
    writeFileSync(join(root, "a/object"), "content");
    symlinkSync("a", join(root, "alias"));
    symlinkSync("object", join(root, "a/alias"));
    await using bucket = await openFileBucket({ directory: root });
    for (const key of ["alias", "alias/object", "a/alias"])
      await expectRefused(bucket, key, "key_unsupported");
    expect((await bucket.list()).objects.map((object) => object.key)).toEqual(["a/object"]);
    expect(readFileSync(join(root, "a/object"), "utf8")).toBe("content");
  });

  it("may lead to the bucket itself", async () => {
    const { root, outside } = ground();
    const link = join(root, "link-to-bucket");
    symlinkSync(outside, link);
    await using bucket = await openFileBucket({ directory: link });
    await bucket.put("new/key", "x");
    expect((await bucket.list()).objects.map((object) => object.key)).toEqual([
      "deep/secret",
      "new/key",
      "secret",
    ]);
    expect(existsSync(join(outside, "new/key"))).toBe(true);
  });
});

describe("a directory that is exchanged for a link in the middle of an operation", () => {
  /**
   * Runs `action` once for every step it takes, with `a` exchanged for a link to the outside just before that step; for good,
   * or just for that step.
   */
  async function exchangeAtEveryStep(
    forGood: boolean,
    action: (bucket: Bucket) => Promise<unknown>,
    check: (there: Ground, result: unknown) => void,
  ): Promise<void> {
    // The last round is the one in which the exchange came too late to happen.
    for (let at = 0, total = Infinity; at < total; at++) {
      const there = ground();
      const [inside, moved] = [join(there.root, "a"), join(there.root, "moved")];
      mkdirSync(inside);
      writeFileSync(join(inside, "secret"), "object");
      let taken = 0;
      const exchange = (): void => {
        if (taken === at) {
          renameSync(inside, moved);
          symlinkSync(there.outside, inside);
        } else if (taken === at + 1 && !forGood) {
          rmSync(inside);
          renameSync(moved, inside);
        }
        taken++;
      };
      await using bucket = await openFileBucket({ directory: there.root, files: tracedFiles(exchange) });
      const result = await action(bucket).catch(() => undefined);
      check(there, result);
      total = Math.min(total, taken + 1);
    }
  }

  it.each([true, false])("lets no get read outside (for good: %s)", async (forGood) => {
    const seen = new Set<unknown>();
    await exchangeAtEveryStep(
      forGood,
      async (bucket) => {
        let text = "";
        for await (const chunk of (await bucket.get("a/secret")).body) text += Buffer.from(chunk).toString();
        return text;
      },
      (_there, text) => {
        seen.add(text);
        expect(text).not.toBe("secret");
      },
    );
    // Some exchanges come too early, some too late.
    expect(seen).toEqual(new Set([undefined, "object"]));
  });

  it.each([
    ["replacing", true],
    ["replacing", false],
    ["creating", true],
    ["creating", false],
  ])("lets no put write outside (%s; for good: %s)", async (what, forGood) => {
    await exchangeAtEveryStep(
      forGood,
      (bucket) =>
        what === "replacing"
          ? bucket.put("a/secret", "new")
          : bucket.put("a/new", "new", { onlyIfAbsent: true }),
      ({ outside }) => {
        expect(readFileSync(join(outside, "secret"), "utf8")).toBe("secret");
        const names = readdirSync(outside).filter((name) => !name.startsWith(".simpletasks-put-"));
        expect(names.sort()).toEqual(["deep", "secret"]);
      },
    );
  });
});

describe("what is no regular file", () => {
  it.skipIf(process.platform === "win32")(
    "is neither served, nor listed, nor replaced, nor removed",
    async () => {
      const root = temporaryDirectory();
      execFileSync("mkfifo", [join(root, "pipe")]);
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(join(root, "socket"), resolve));
      await using bucket = await openFileBucket({ directory: root });
      for (const key of ["pipe", "socket"]) await expectRefused(bucket, key, "key_unsupported");
      expect(await bucket.list()).toEqual({ objects: [] });
      expect(readdirSync(root).sort()).toEqual(["pipe", "socket"]);
      await new Promise((resolve) => server.close(resolve));
    },
  );

  it("as the source of a put is refused", async () => {
    const root = temporaryDirectory();
    await using bucket = await openFileBucket({ directory: root });
    await expect(bucket.put("key", { file: root })).rejects.toMatchObject({ code: "io" });
    await expect(bucket.put("key", { file: join(root, "missing") })).rejects.toMatchObject({ code: "io" });
    expect(readdirSync(root)).toEqual([]);
  });
});

describe("a file that changes while it is read or stored", () => {
  const megabyte = Buffer.alloc(1_000_000, "a");

  async function readWith(root: string, change: () => void): Promise<unknown> {
    await using bucket = await openFileBucket({ directory: root });
    let chunks = 0;
    try {
      for await (const _chunk of (await bucket.get("key")).body) if (chunks++ === 0) change();
      return undefined;
    } catch (error) {
      return error;
    }
  }

  it.each<[string, (path: string) => void]>([
    ["is written into", (path) => writeFileSync(path, "b", { flag: "r+" })],
    ["is cut short", (path) => writeFileSync(path, "b")],
    [
      "is replaced",
      (path) => {
        writeFileSync(`${path}2`, megabyte);
        renameSync(`${path}2`, path);
      },
    ],
    ["is removed", (path) => rmSync(path)],
    ["is moved away", (path) => renameSync(path, `${path}2`)],
  ])("fails the read with object_changed when it %s", async (_name, change) => {
    const root = temporaryDirectory();
    writeFileSync(join(root, "key"), megabyte);
    expect(await readWith(root, () => change(join(root, "key")))).toMatchObject({
      code: "object_changed",
      retryable: true,
    });
    expect(await readWith(root, () => {})).toEqual(
      existsSync(join(root, "key")) ? undefined : expect.objectContaining({ code: "object_missing" }),
    );
  });

  it("is read on when only a second name of it goes, as that of the temporary file of a put that must create", async () => {
    const root = temporaryDirectory();
    writeFileSync(join(root, "key"), megabyte);
    linkSync(join(root, "key"), join(root, "second"));
    expect(await readWith(root, () => rmSync(join(root, "second")))).toBeUndefined();
  });

  it("fails the read with transfer_corrupt when fewer bytes come than the file has", async () => {
    const root = temporaryDirectory();
    writeFileSync(join(root, "key"), "content");
    const files = tracedFiles(() => {});
    const short = {
      ...files,
      async open(path: string, flags: number, mode?: number) {
        return { ...(await files.open(path, flags, mode)), read: async () => ({ bytesRead: 0 }) };
      },
    };
    await using bucket = await openFileBucket({ directory: root, files: short });
    await expect(bucket.get("key")).rejects.toMatchObject({ code: "transfer_corrupt" });
  });

  it("fails the put when the source grows meanwhile, and leaves nothing", async () => {
    const [root, source] = [temporaryDirectory(), join(temporaryDirectory(), "source")];
    writeFileSync(source, "content");
    const files = tracedFiles((step) => {
      if (step.operation === "chmod") writeFileSync(source, "more", { flag: "a" });
    });
    await using bucket = await openFileBucket({ directory: root, files });
    await expect(bucket.put("key", { file: source })).rejects.toMatchObject({ code: "transfer_corrupt" });
    expect(readdirSync(root)).toEqual([]);
  });
});
