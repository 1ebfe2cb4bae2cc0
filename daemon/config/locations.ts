import path from "node:path";
import { pathToFileURL } from "node:url";
import { SimpleTasksError } from "../../shared/errors.ts";
import { bucketSchemes } from "../../shared/bucket/open.ts";
import { queueSchemes } from "../../shared/queue/open.ts";
import { parseSqliteUrl, sqliteUrl } from "../../shared/queue/sqlite/address.ts";
import { nearestWord } from "../../shared/nearest-word.ts";
import type { Engines } from "./workspace-schema.ts";

/** What a queue's or bucket's name refers to. */
export interface NameContext {
  readonly engines: Engines;
  /** The workspace's folder: bare local names lie in its `.simpletasks`. */
  readonly workspace: string;
  /** What `sqlite:PATH` and `file:PATH` are relative to: the folder of the file, or where the command was typed. */
  readonly base: string;
}

/**
 * The URL of a queue given as URL or bare name; paths in it are made absolute.
 * @throws `config_invalid`, `url_invalid`, `scheme_unknown`
 */
export function queueUrl(given: string, context: NameContext): string {
  if (given.startsWith("sqlite:")) return sqliteUrl(parseSqliteUrl(given, context.base));
  if (hasScheme(given)) return knownScheme("queue", given, queueSchemes(), ["sqs", "https", "http"]);
  checkBareName("queue", given, "sqlite:");
  if (context.engines !== "local") return `sqs://${given}`;
  const file = path.join(context.workspace, ".simpletasks", "queue.db");
  return sqliteUrl({ file, queue: given });
}

/**
 * The URL of a bucket given as URL or bare name; paths in it are made absolute.
 * @throws `config_invalid`, `scheme_unknown`
 */
export function bucketUrl(given: string, context: NameContext): string {
  const relative = /^file:(?!\/\/)(.+)$/s.exec(given)?.[1];
  if (relative !== undefined) return pathToFileURL(path.resolve(context.base, relative)).href;
  if (hasScheme(given)) return knownScheme("bucket", given, bucketSchemes(), ["s3", "gs"]);
  checkBareName("bucket", given, "file:");
  if (context.engines === "aws") return `s3://${given}`;
  if (context.engines === "hybrid") return `gs://${given}`;
  return pathToFileURL(path.join(context.workspace, ".simpletasks", "buckets", given)).href;
}

/** The folder of the cache. @throws `config_invalid` for a URL: a cache is a folder of this machine */
export function cacheFolder(given: string, { base }: Pick<NameContext, "base">): string {
  if (!hasScheme(given)) return path.resolve(base, given);
  throw new SimpleTasksError("config_invalid", `the cache is a folder, and "${given}" is a URL`, {
    hint: `Write the path alone. A folder whose name has a colon is written ./NAME.`,
  });
}

/**
 * The queue beside `url` whose name is longer by `suffix`. Where no driver here knows which part is the name, it is
 * what `queue=` says, else the path's last part.
 */
export function besideQueue(url: string, suffix: string): string {
  if (url.startsWith("sqlite:")) {
    const { file, queue } = parseSqliteUrl(url, path.sep);
    return sqliteUrl({ file, queue: queue + suffix });
  }
  const option = /(?<=[?&]queue=)[^&#]*/;
  return url.replace(option.test(url) ? option : /[^:/?#]*(?=\/?(?:[?#]|$))/, withSuffix);

  /** The name of an SQS queue that keeps order ends in `.fifo`, whatever comes before. */
  function withSuffix(name: string): string {
    return name.endsWith(".fifo") ? `${name.slice(0, -".fifo".length)}${suffix}.fifo` : name + suffix;
  }
}

/** A letter before a colon is a drive, not a scheme. */
function hasScheme(given: string): boolean {
  return /^[a-z][a-z0-9+.-]+:/i.test(given);
}

/** @param unbuilt schemes that have no driver yet: opening them says so */
function knownScheme(
  kind: "queue" | "bucket",
  url: string,
  schemes: readonly string[],
  unbuilt: readonly string[],
): string {
  const scheme = url.slice(0, url.indexOf(":")).toLowerCase();
  if (schemes.includes(scheme) || unbuilt.includes(scheme)) return url;
  const near = nearestWord(scheme, schemes);
  throw new SimpleTasksError(
    "scheme_unknown",
    `the ${kind} "${url}" has the unknown scheme "${scheme}"${near === undefined ? "" : `; did you mean "${near}"?`}`,
    { hint: `Known schemes: ${schemes.join(", ")}.` },
  );
}

function checkBareName(kind: "queue" | "bucket", name: string, scheme: string): void {
  if (/^[\w-][\w.-]*$/.test(name)) return;
  throw new SimpleTasksError("config_invalid", `"${name}" is no name of a ${kind}`, {
    hint: `A name has letters, digits, "-", "_" and "." alone; a path is written ${scheme}PATH.`,
  });
}
