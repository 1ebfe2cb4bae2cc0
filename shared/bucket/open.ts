import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { SimpleTasksError } from "../errors.ts";
import type { Bucket } from "./bucket.ts";
import { refuseAborted } from "./refusals.ts";

export interface BucketDriverOptions {
  /** Where a relative path in the URL starts. */
  readonly baseDirectory: string;
  readonly signal?: AbortSignal | undefined;
}

/** Opens the buckets of one URL scheme. A driver that needs a heavy library imports it when it is called. */
export type BucketDriver = (url: string, options: BucketDriverOptions) => Promise<Bucket> | Bucket;

export interface OpenBucketOptions {
  /** Where `file:PATH` starts, when PATH is relative. Default: the current directory. */
  readonly baseDirectory?: string | undefined;
  /** More drivers, by scheme without the colon. They may not replace a built-in one. */
  readonly drivers?: Readonly<Record<string, BucketDriver>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens the bucket at a URL: `memory:NAME`, `file:///directory` (percent-encoded, as file URLs are), `file:PATH` (as it
 * is, relative to `baseDirectory`), or a scheme of `drivers`.
 * @throws `scheme_unknown`, which lists the known schemes; `url_invalid`; what the driver throws.
 */
export async function openBucket(url: string, options: OpenBucketOptions = {}): Promise<Bucket> {
  refuseAborted(options.signal);
  const drivers = { ...options.drivers, ...builtIn };
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(url)?.[1]?.toLowerCase();
  const driver = scheme !== undefined && Object.hasOwn(drivers, scheme) ? drivers[scheme] : undefined;
  if (driver === undefined) {
    const unbuilt = scheme === undefined ? undefined : notBuiltYet.get(scheme);
    const known = Object.keys(drivers)
      .sort()
      .map((name) => `${name}:`)
      .join(", ");
    throw new SimpleTasksError("scheme_unknown", `No bucket driver takes the URL ${JSON.stringify(url)}.`, {
      hint: `${unbuilt === undefined ? "" : `${unbuilt} is not built yet. `}Known schemes: ${known}.`,
    });
  }
  return driver(url, { baseDirectory: options.baseDirectory ?? process.cwd(), signal: options.signal });
}

/** The schemes of the drivers that are built in. */
export function bucketSchemes(): readonly string[] {
  return Object.keys(builtIn).toSorted();
}

const notBuiltYet: ReadonlyMap<string, string> = new Map([
  ["s3", "S3"],
  ["gs", "Google Cloud Storage"],
]);

const builtIn: Readonly<Record<string, BucketDriver>> = {
  async memory(url) {
    const { createMemoryBucket } = await import("./memory.ts");
    return createMemoryBucket({ name: url.slice("memory:".length) });
  },
  async file(url, { baseDirectory }) {
    const directory = directoryOf(url, baseDirectory);
    const { openFileBucket } = await import("./file.ts");
    return openFileBucket({ directory });
  },
};

/** @throws `url_invalid` */
function directoryOf(url: string, baseDirectory: string): string {
  const path = url.slice("file:".length);
  if (path === "") throw new SimpleTasksError("url_invalid", 'The bucket URL "file:" names no directory.');
  if (!path.startsWith("//")) return resolve(baseDirectory, path);
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new SimpleTasksError(
      "url_invalid",
      `The bucket URL ${JSON.stringify(url)} is no usable file URL.`,
      {
        hint: "Write file:///absolute/directory, or file:PATH for a path relative to simpletasks.json.",
        cause,
      },
    );
  }
}
