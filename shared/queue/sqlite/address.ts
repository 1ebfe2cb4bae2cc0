import nodePath from "node:path";
import { SimpleTasksError } from "../../errors.ts";

/** A queue in a SQLite file. */
export interface SqliteAddress {
  /** Absolute path of the file, as this system writes it. */
  readonly file: string;
  /** The queue's name in it. */
  readonly queue: string;
}

/** Which path rules hold: `path.win32` and `path.posix` in tests. */
export type PathRules = Pick<typeof nodePath, "isAbsolute" | "resolve" | "sep">;

const defaultQueue = "tasks";

/**
 * Reads `sqlite:PATH?queue=NAME`. PATH is a path of this system, relative to `baseDirectory`, or `//` and an absolute
 * one: `sqlite:work/queue.db`, `sqlite:C:\work\queue.db`, `sqlite:///work/queue.db`, `sqlite:///C:/work/queue.db`.
 * In PATH and NAME, `%` and `?` are written as `%25` and `%3F`. Without `queue=` it is the queue "tasks".
 *
 * @throws `url_invalid`
 */
export function parseSqliteUrl(
  url: string,
  baseDirectory: string,
  path: PathRules = nodePath,
): SqliteAddress {
  const invalid = (reason: string): SimpleTasksError =>
    new SimpleTasksError("url_invalid", `${url}: ${reason}.`, {
      hint: "Write sqlite:PATH?queue=NAME, or sqlite:///ABSOLUTE/PATH?queue=NAME.",
    });
  const decode = (text: string): string => {
    try {
      return decodeURIComponent(text);
    } catch {
      throw invalid("a % must be followed by two hexadecimal digits; the character itself is %25");
    }
  };

  const parts = /^sqlite:([^?]*)(?:\?(.*))?$/s.exec(url);
  if (parts === null) throw invalid("this is no sqlite URL");
  const written = decode(parts[1] ?? "");
  if (written === "" || written.includes("\0")) throw invalid("it names no file");

  let queue = defaultQueue;
  for (const option of (parts[2] ?? "").split("&").filter((option) => option !== "")) {
    const [name = "", ...value] = option.split("=");
    if (name !== "queue") throw invalid(`there is no option "${name}"`);
    queue = decode(value.join("="));
  }
  if (!/^[^\p{Cc}\p{Cs}]{1,255}$/u.test(queue)) {
    throw invalid("a queue's name has 1 to 255 characters, none of them a control character");
  }
  return { file: path.resolve(baseDirectory, pathOf(written, path, invalid)), queue };
}

/** The URL of an address, as `parseSqliteUrl` reads it from anywhere: one word in ASCII, like the `file:` URL of a bucket. */
export function sqliteUrl({ file, queue }: SqliteAddress, path: PathRules = nodePath): string {
  const slashed = path.sep === "\\" ? file.replaceAll("\\", "/") : file;
  // A name of a file may hold half a character, which has no escape.
  const escaped = slashed.replaceAll(/[^!-~\p{Cs}]+|[%?#]/gu, encodeURIComponent);
  const rooted = escaped.startsWith("/") ? escaped : `/${escaped}`;
  return `sqlite://${rooted}?queue=${encodeURIComponent(queue)}`;
}

function pathOf(written: string, path: PathRules, invalid: (reason: string) => SimpleTasksError): string {
  if (!written.startsWith("//")) return written;
  const rooted = written.slice(2);
  if (!rooted.startsWith("/")) throw invalid("after // comes an absolute path, with a third slash");
  // `/C:/work` names a drive where there are drives; `//server/share` stays as it is.
  const drive = rooted.slice(1);
  return path.sep === "\\" && /^[A-Za-z]:[\\/]/.test(drive) ? drive : rooted;
}
