import { createReadStream } from "node:fs";
import { addAbortSignal, type Readable } from "node:stream";
import { SimpleTasksError, messageOf } from "./errors.ts";

/** A line of a text, without its end, and its number from 1. */
export interface Line {
  readonly text: string;
  readonly number: number;
}

/** The bytes of a file or, for `-`, of standard input; reading them fails with an `AbortError` when the signal fires. */
export function openText(file: string, signal: AbortSignal): Readable {
  return addAbortSignal(
    signal,
    file === "-" ? process.stdin : createReadStream(file, { highWaterMark: 256 * 1024 }),
  );
}

/**
 * The lines of a text in UTF-8, in memory that does not grow with it. Lines end with `\n` or `\r\n`; a byte order mark
 * before the first one is no part of it.
 *
 * @param name what to call the text in errors
 * @throws as {@link decodedText}
 */
export async function* linesOf(
  bytes: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Line, void, undefined> {
  let rest = "";
  let number = 0;
  for await (const piece of decodedText(bytes, name)) {
    // Only the new piece is looked through: a line may be as long as the text.
    const [end = "", ...lines] = piece.split("\n");
    rest += end;
    for (const line of lines) {
      number += 1;
      yield { text: rest.endsWith("\r") ? rest.slice(0, -1) : rest, number };
      rest = line;
    }
  }
  if (rest !== "") yield { text: rest, number: number + 1 };
}

/**
 * A text in UTF-8, piece by piece, without the byte order mark before it.
 *
 * @param name what to call the text in errors
 * @throws `io` when it cannot be read; `message_invalid`, with the line, for bytes that are no UTF-8
 */
export async function* decodedText(
  bytes: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  const decode = (chunk?: Uint8Array): string => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch (cause) {
      throw new SimpleTasksError(
        "message_invalid",
        `${name}: the text is not UTF-8, at line ${line} or soon after`,
        { cause },
      );
    }
  };
  try {
    for await (const chunk of bytes) {
      const text = decode(chunk);
      for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) line += 1;
      yield text;
    }
  } catch (error) {
    throw unreadable(error, name);
  }
  const last = decode();
  if (last !== "") yield last;
}

/** What the operating system says of a file that a person named, in words. */
export function unreadable(error: unknown, name: string): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (error instanceof SimpleTasksError || typeof code !== "string" || code === "ABORT_ERR") return error;
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: "there is no such file",
    EISDIR: "this is a directory",
    ENOTDIR: "this is no folder, or lies in none",
    EACCES: "it may not be read",
  };
  return new SimpleTasksError("io", `${name}: ${reasons[code] ?? messageOf(error)}`, { cause: error });
}
