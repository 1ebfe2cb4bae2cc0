import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { openFileBucket } from "../../../shared/bucket/file.ts";
import { createMemoryBucket } from "../../../shared/bucket/memory.ts";
import { openBucket } from "../../../shared/bucket/open.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

describe("openBucket", () => {
  it("opens file URLs, percent-encoded as such, and shows them as it takes them", async () => {
    const directory = join(temporaryDirectory(), "with space & 100%");
    await using bucket = await openBucket(pathToFileURL(directory).href);
    await bucket.put("a", "x");
    expect(readFileSync(join(directory, "a"), "utf8")).toBe("x");
    expect(bucket.url).toBe(pathToFileURL(directory).href);
    await using again = await openBucket(bucket.url);
    expect(await again.head("a")).toMatchObject({ bytes: 1 });
  });

  it("opens file:PATH relative to the base directory, the path as it is", async () => {
    const baseDirectory = temporaryDirectory();
    for (const path of [".simpletasks/bucket", "a%20b", join(baseDirectory, "absolute")]) {
      await using bucket = await openBucket(`file:${path}`, { baseDirectory });
      await bucket.put("a", "x");
    }
    for (const path of [".simpletasks/bucket/a", "a%20b/a", "absolute/a"]) {
      expect(existsSync(join(baseDirectory, path)), path).toBe(true);
    }
  });

  it("opens a memory bucket of its own each time", async () => {
    await using one = await openBucket("memory:name");
    await using two = await openBucket("memory:name");
    await one.put("a", "x");
    expect(one.url).toBe("memory:name");
    expect(await two.head("a")).toBeUndefined();
  });

  it("names the known schemes when it knows none of the URL, those of the workspace among them", async () => {
    const drivers = { ipfs: () => createMemoryBucket({ name: "ipfs" }) };
    for (const url of ["ftp://host/dir", "nothing", "", "constructor:x", "/plain/path"]) {
      await expect(openBucket(url, { drivers }), url).rejects.toMatchObject({
        code: "scheme_unknown",
        hint: expect.stringContaining("file:, ipfs:, memory:"),
      });
    }
    await using bucket = await openBucket("ipfs://x", { drivers });
    expect(bucket.url).toBe("memory:ipfs");
  });

  it.each([
    ["s3://data", "S3 is not built yet. Known schemes: file:, memory:."],
    ["gs://data", "Google Cloud Storage is not built yet. Known schemes: file:, memory:."],
    ["ftp://data", "Known schemes: file:, memory:."],
  ])("says of %s what can be used instead", async (url, hint) => {
    await expect(openBucket(url)).rejects.toMatchObject({ code: "scheme_unknown", hint });
  });

  it.each(["file:", "file://host/share", "file:///a%2Fb"])("refuses %j", async (url) => {
    await expect(openBucket(url)).rejects.toMatchObject({ code: "url_invalid" });
  });

  it("refuses a place that is no directory, and names it", async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "file"), "");
    symlinkSync("nowhere", join(directory, "dangling"));
    for (const name of ["file", "file/below", "dangling"]) {
      const opened = openFileBucket({ directory: join(directory, name) });
      await expect(opened, name).rejects.toMatchObject({
        code: "url_invalid",
        message: expect.stringContaining(name),
      });
    }
    const missing = openFileBucket({ directory: join(directory, "missing"), create: false });
    await expect(missing).rejects.toMatchObject({ code: "url_invalid" });
    expect(existsSync(join(directory, "missing"))).toBe(false);
  });
});
