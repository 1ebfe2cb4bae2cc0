import path from "node:path";
import { pathToFileURL } from "node:url";
import { SimpleTasksError } from "../../shared/errors.ts";
import type { Engines } from "./workspace-schema.ts";

/** What a queue's or bucket's name refers to. */
export interface NameContext {
  readonly engines: Engines;
  /** The workspace's folder: bare local names lie in its `.simpletasks`. */
  readonly workspace: string;
  /** What `sqlite:PATH` and `file:PATH` are relative to: the folder of the file, or where the command was typed. */
  readonly base: string;
}

/** The URL of a queue given as URL or bare name; paths in it are made absolute. */
export function queueUrl(given: string, context: NameContext): string {
  if (hasScheme(given)) return absolute(given, "sqlite:", context.base);
  checkBareName("queue", given, "sqlite:");
  if (context.engines !== "local") return `sqs://${given}`;
  const file = path.join(context.workspace, ".simpletasks", "queue.db");
  return `sqlite://${pathToFileURL(file).pathname}?queue=${given}`;
}

/** The URL of a bucket given as URL or bare name; paths in it are made absolute. */
export function bucketUrl(given: string, context: NameContext): string {
  if (hasScheme(given)) return absolute(given, "file:", context.base);
  checkBareName("bucket", given, "file:");
  if (context.engines === "aws") return `s3://${given}`;
  if (context.engines === "hybrid") return `gs://${given}`;
  return pathToFileURL(path.join(context.workspace, ".simpletasks", "buckets", given)).href;
}

/**
 * The queue beside `url` whose name is longer by `suffix`; undefined where the URL does not show which part is the name.
 */
export function besideQueue(url: string, suffix: string): string | undefined {
  const parsed = URL.parse(url);
  if (parsed === null) return undefined;
  if (parsed.protocol === "sqlite:") {
    parsed.searchParams.set("queue", `${parsed.searchParams.get("queue") ?? "tasks"}${suffix}`);
    return parsed.href;
  }
  if (parsed.protocol === "sqs:") return url.replace(/^sqs:\/\/[^/?#]+/i, withSuffix);
  if (parsed.protocol === "https:" || parsed.protocol === "http:")
    return url.replace(/[^/?#]+(?=\/?(?:[?#]|$))/, withSuffix);
  return undefined;

  /** The name of an SQS queue that keeps order ends in `.fifo`, whatever comes before. */
  function withSuffix(name: string): string {
    return name.endsWith(".fifo") ? `${name.slice(0, -".fifo".length)}${suffix}.fifo` : name + suffix;
  }
}

/** A letter before a colon is a drive, not a scheme. */
function hasScheme(given: string): boolean {
  return /^[a-z][a-z0-9+.-]+:/i.test(given);
}

/** Where `given` has `scheme` and a path that is not absolute, the URL with the absolute path; else what was given. */
function absolute(given: string, scheme: string, base: string): string {
  const rest = given.slice(scheme.length);
  if (!given.toLowerCase().startsWith(scheme) || rest.startsWith("//")) return given;
  const [file = "", query] = split(rest, "?");
  const resolved = pathToFileURL(path.resolve(base, decoded(file))).pathname;
  return `${scheme}//${resolved}${query === undefined ? "" : `?${query}`}`;
}

function split(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function checkBareName(kind: "queue" | "bucket", name: string, scheme: string): void {
  if (/^[\w-][\w.-]*$/.test(name)) return;
  throw new SimpleTasksError("config_invalid", `"${name}" is no name of a ${kind}`, {
    hint: `A name has letters, digits, "-", "_" and "." alone; a path is written ${scheme}PATH.`,
  });
}
