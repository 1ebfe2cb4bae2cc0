import { join } from "node:path";
import { expectContent, expectEqual, expectFailure, expectRejection, listedKeys } from "./expectations.ts";
import type { BucketRow } from "./row.ts";
import { withFile } from "./temporary-file.ts";

/** What a bucket must do when something ends early: a source, a signal, the bucket itself. */
export const endingRows: readonly BucketRow[] = [
  {
    name: "leaves nothing when its source fails",
    async run(bucket) {
      async function* failing(): AsyncGenerator<Uint8Array> {
        yield Buffer.from("some");
        throw new Error("the stream broke");
      }
      await expectFailure("A put from a failing stream", () => bucket.put("new", { stream: failing() }));
      await bucket.put("old", "old content");
      await expectFailure("A put from a failing stream", () => bucket.put("old", { stream: failing() }));
      const missing = await withFile("", async (file) => join(file, "..", "missing.dat"));
      await expectFailure("A put from a missing file", () => bucket.put("new", { file: missing }));
      await expectContent(bucket, "old", "old content");
      expectEqual("The listed keys", await listedKeys(bucket), ["old"]);
    },
  },
  {
    name: "gives a put up when its signal fires, even if the stream stands still, and leaves nothing",
    async run(bucket) {
      const controller = new AbortController();
      async function* standing(): AsyncGenerator<Uint8Array> {
        yield Buffer.from("some");
        // Fires once the put waits for the next chunk, which never comes.
        setImmediate(() => controller.abort());
        await new Promise<never>(() => {});
      }
      await expectRejection("A put whose signal fires", "aborted", () =>
        bucket.put("a", { stream: standing() }, { signal: controller.signal }),
      );
      expectEqual("head afterwards", await bucket.head("a"), undefined);
      expectEqual("The listed keys", await listedKeys(bucket), []);
    },
  },
  {
    name: "begins nothing when the signal has already fired",
    async run(bucket) {
      await bucket.put("a", "content");
      const signal = AbortSignal.abort();
      await expectRejection("put", "aborted", () => bucket.put("b", "x", { signal }));
      await expectRejection("delete", "aborted", () => bucket.delete("a", { signal }));
      await expectRejection("head", "aborted", () => bucket.head("a", { signal }));
      await expectRejection("get", "aborted", () => bucket.get("a", { signal }));
      await expectRejection("list", "aborted", () => bucket.list({ signal }));
      expectEqual("The listed keys", await listedKeys(bucket), ["a"]);
    },
  },
  {
    name: "refuses to be used after it was closed",
    async run(bucket) {
      await bucket[Symbol.asyncDispose]();
      await expectRejection("put", "closed", () => bucket.put("a", "x"));
      await expectRejection("get", "closed", () => bucket.get("a"));
      await expectRejection("head", "closed", () => bucket.head("a"));
      await expectRejection("list", "closed", () => bucket.list());
      await expectRejection("delete", "closed", () => bucket.delete("a"));
    },
  },
];
