import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import type { Checksum } from "../bucket/bucket.ts";

/** A running checksum. */
export interface Digest {
  update(chunk: Uint8Array): unknown;
  /** Lower-case hexadecimal, as `Checksum.value` has it. Once, at the end. */
  hex(): string;
}

/**
 * A digest of that algorithm; undefined for those that Node does not compute (`crc32c`, `crc64nvme`). A driver whose
 * engine uses one of these checks it itself, while it reads.
 */
export function createDigest(algorithm: Checksum["algorithm"]): Digest | undefined {
  switch (algorithm) {
    case "sha256":
    case "sha1":
    case "md5": {
      const hash = createHash(algorithm);
      return { update: (chunk) => hash.update(chunk), hex: () => hash.digest("hex") };
    }
    case "crc32": {
      let value = 0;
      return {
        update: (chunk) => (value = crc32(chunk, value)),
        hex: () => value.toString(16).padStart(8, "0"),
      };
    }
    default:
      return undefined;
  }
}

const READ_BYTES = 1 << 18;

/** Reads a file once, through all digests. */
export async function digestFile(
  file: string,
  digests: readonly Pick<Digest, "update">[],
  signal?: AbortSignal | undefined,
): Promise<void> {
  const handle = await open(file, "r");
  try {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await handle.read(buffer, 0, READ_BYTES);
      if (bytesRead === 0) return;
      for (const digest of digests) digest.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

/** SHA-256 of a file, in lower-case hexadecimal. */
export async function sha256OfFile(file: string, signal?: AbortSignal | undefined): Promise<string> {
  const hash = createHash("sha256");
  await digestFile(file, [hash], signal);
  return hash.digest("hex");
}
