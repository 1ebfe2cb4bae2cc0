import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findInputs } from "../../../shared/batch/find-inputs.ts";
import type { Bucket } from "../../../shared/bucket/bucket.ts";
import { compareKeys } from "../../../shared/bucket/key.ts";
import { createMemoryBucket } from "../../../shared/bucket/memory.ts";

const { signal } = new AbortController();

interface Counted {
  readonly bucket: Bucket;
  readonly requests: { heads: number; lists: number };
}

/** A bucket that counts requests; `pageSize` objects in each list. */
function counted(inner: Bucket, local: boolean, pageSize = 1000): Counted {
  const requests = { heads: 0, lists: 0 };
  const bucket: Bucket = {
    ...inner,
    local,
    head(key, options) {
      requests.heads += 1;
      return inner.head(key, options);
    },
    list(options) {
      requests.lists += 1;
      return inner.list({ ...options, max: pageSize });
    },
  };
  return { bucket, requests };
}

describe("looking for inputs", () => {
  it("finds the same near and far, whatever is there", async () => {
    const keys = fc.uniqueArray(fc.stringMatching(/^[ab]\/[a-d]{1,3}$/), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(keys, keys, fc.boolean(), async (there, wanted, local) => {
        const inner = createMemoryBucket();
        for (const key of there) await inner.put(key, key);
        const { bucket } = counted(inner, local, 7);
        const missing = wanted.filter((key) => !there.includes(key)).sort(compareKeys);
        expect(await findInputs(bucket, new Set(wanted), { signal })).toEqual({
          keys: wanted.length,
          bytes: wanted.filter((key) => there.includes(key)).join("").length,
          missing: missing.length,
          firstMissing: missing.slice(0, 5),
        });
      }),
      { numRuns: 60 },
    );
  });

  it("far away lists folders that hold many, and never asks much more than once a key", async () => {
    const inner = createMemoryBucket();
    const keys = Array.from({ length: 3000 }, (_, index) => `d/${index}`);
    for (const key of keys) await inner.put(key, "x");
    const whole = counted(inner, false);
    await findInputs(whole.bucket, new Set(keys), { signal });
    expect(whole.requests).toEqual({ heads: 0, lists: 3 });

    const few = counted(inner, false, 10);
    await findInputs(few.bucket, new Set(keys.filter((_, index) => index % 100 === 0)), { signal });
    expect(few.requests.lists + few.requests.heads).toBeLessThanOrEqual(60);

    const near = counted(inner, true);
    await findInputs(near.bucket, new Set(keys), { signal });
    expect(near.requests).toEqual({ heads: 3000, lists: 0 });
  });

  it("stops when it is told to", async () => {
    const controller = new AbortController();
    const keys = new Set(Array.from({ length: 1000 }, (_, index) => `d/${index}`));
    const { bucket, requests } = counted(createMemoryBucket(), true);
    const finding = findInputs(bucket, keys, {
      signal: controller.signal,
      onProgress: (done) => {
        if (done === 100) controller.abort();
      },
    });
    await expect(finding).rejects.toThrow();
    expect(requests.heads).toBeLessThan(200);
  });
});
