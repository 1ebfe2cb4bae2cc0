import { SimpleTasksError } from "../errors.ts";
import type { CallOptions, Queue } from "./queue.ts";

export interface OpenQueueOptions extends CallOptions {
  /** What relative paths in URLs are relative to. Default: the working directory. */
  readonly baseDirectory?: string | undefined;
  /** More drivers, by scheme; each is called when its scheme is first used. They come before the built-in ones. */
  readonly drivers?: Readonly<Record<string, QueueDriver>> | undefined;
  /** How long a call waits while another program keeps a queue file locked, in seconds. Default 30. */
  readonly busySeconds?: number | undefined;
}

export interface QueueDriverOptions extends CallOptions {
  /** Absolute. */
  readonly baseDirectory: string;
  readonly busySeconds?: number | undefined;
}

/** Opens the queue of a URL of its scheme; imports what it needs only then. */
export type QueueDriver = (url: string, options: QueueDriverOptions) => Promise<Queue>;

/**
 * Opens a queue by its URL: `memory:` (`memory:NAME` is one queue in this process), `sqlite:PATH?queue=NAME`, or a
 * scheme of the caller's own.
 *
 * @throws `scheme_unknown`, which lists the known schemes; `url_invalid`; what the driver throws
 */
export async function openQueue(url: string, options: OpenQueueOptions = {}): Promise<Queue> {
  const { baseDirectory = process.cwd(), drivers = {}, busySeconds, signal } = options;
  if (signal?.aborted === true)
    throw new SimpleTasksError("aborted", "The call was aborted before anything was done.");
  const known = { ...builtIn, ...drivers };
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  const driver = scheme !== undefined && Object.hasOwn(known, scheme) ? known[scheme] : undefined;
  if (driver === undefined) {
    const problem =
      scheme === undefined
        ? "is no URL: a scheme and a colon come first"
        : `has the unknown scheme "${scheme}"`;
    throw new SimpleTasksError("scheme_unknown", `The queue "${url}" ${problem}.`, {
      hint: `${isSqs(url) ? "SQS is not built yet. " : ""}Known schemes: ${Object.keys(known).toSorted().join(", ")}.`,
    });
  }
  return driver(url, { baseDirectory, busySeconds, signal });
}

/** The schemes of the drivers that are built in. */
export function queueSchemes(): readonly string[] {
  return Object.keys(builtIn).toSorted();
}

/** `sqs://NAME`, or a queue's own address: `https://sqs.REGION.amazonaws.com/…`. */
function isSqs(url: string): boolean {
  return /^(sqs:|https:\/\/(sqs\.|[^/]*\.queue\.amazonaws\.))/i.test(url);
}

const builtIn: Readonly<Record<string, QueueDriver>> = {
  async memory(url) {
    const { openMemoryQueue } = await import("./memory.ts");
    return openMemoryQueue(url);
  },
  async sqlite(url, { baseDirectory, busySeconds }) {
    const [{ parseSqliteUrl }, { openSqliteQueue }] = await Promise.all([
      import("./sqlite/address.ts"),
      import("./sqlite/open.ts"),
    ]);
    return openSqliteQueue({ ...parseSqliteUrl(url, baseDirectory), busySeconds });
  },
};
