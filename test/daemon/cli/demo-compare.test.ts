import { describe, expect, it } from "vitest";
import { dataset, outputIsRight } from "../../../daemon/cli/demo/dataset.ts";
import type { Bucket } from "../../../shared/bucket/bucket.ts";
import { openBucket } from "../../../shared/bucket/open.ts";

const signal = new AbortController().signal;

async function* chunks(text: string, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < text.length; start += size) yield Buffer.from(text.slice(start, start + size));
}

/** A bucket whose streams come in chunks of other sizes at every get. */
async function bucketWith(input: string, output: string | undefined): Promise<Bucket> {
  const bucket = await openBucket("memory:");
  await bucket.put(dataset.inputKey("0.dat"), input);
  if (output !== undefined) await bucket.put(dataset.outputKey("0.dat"), output);
  let size = 3;
  return {
    ...bucket,
    head: (key) => bucket.head(key),
    get: async (key) => {
      size += 2;
      const { info } = await bucket.get(key);
      return { info, body: chunks(key === dataset.inputKey("0.dat") ? input : (output ?? ""), size) };
    },
  };
}

describe("the demo's comparison", () => {
  const text = "0123456789".repeat(20);

  it.each([
    ["the same bytes", text, true],
    ["a byte that differs", `${text.slice(0, 100)}X${text.slice(101)}`, false],
    ["one byte less", text.slice(0, -1), false],
    ["one byte more", `${text}0`, false],
    ["nothing in it", "", false],
    ["no output", undefined, false],
  ])("finds %s", async (_what, output, right) => {
    expect(await outputIsRight(await bucketWith(text, output), "0.dat", signal)).toBe(right);
  });
});
