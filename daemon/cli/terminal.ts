import { once } from "node:events";
import type { Writable } from "node:stream";
import { stripVTControlCharacters, styleText } from "node:util";
import { SimpleTasksError } from "../../shared/errors.ts";
import { escapeForTerminal } from "./escape.ts";
import { beginningOf, textWidth } from "./text-width.ts";

/** Where a command writes: results to standard output, everything about them to standard error. */
export interface Terminal {
  /** Writes a line of results. Resolves when there is room for more, or when nobody reads any longer. */
  print(line: string): Promise<void>;
  /** Like `print`, for text that goes to other programs as it is; escaped where it would reach a screen. */
  printRaw(text: string): Promise<void>;
  /** Writes bytes as they are: for other programs, never for a screen. */
  printBytes(bytes: Uint8Array): Promise<void>;
  /** Writes a line about what is being done. */
  tell(line: string): void;
  /** Replaces the status line, which the next line or an empty status removes. Nothing where standard error is no screen. */
  status(line: string): void;
  /** Whether the status line is shown. */
  readonly showsStatus: boolean;
  /** True once the reader of standard output has gone: what only prints may stop. */
  readonly closed: boolean;
  /**
   * Waits until standard output has taken everything.
   * @throws `io` when something of it could not be written; a reader that has gone is no error.
   */
  finish(): Promise<void>;
  /** The size in letters of the screen that standard output is; undefined where it is none. */
  readonly screen: { readonly columns: number; readonly rows: number } | undefined;
  /** Marks up for standard output; plain text where colours do not belong. */
  readonly style: Style;
  /** The same for standard error. */
  readonly errorStyle: Style;
}

export type Style = (format: "bold" | "dim" | "red" | "green" | "yellow", text: string) => string;

/** Standard output or error. */
export type Output = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

/** This process's standard output and error. Takes over what happens when their readers go away: nothing. */
export function openTerminal(out: Output, err: Output): Terminal {
  let closed = false;
  let failure: Error | undefined;
  let status = "";
  const failed = (error: Error): void => {
    if (!closed && !("code" in error && error.code === "EPIPE")) failure = error;
    closed = true;
  };
  out.on("error", failed);
  err.on("error", () => {});

  async function write(text: string | Uint8Array): Promise<void> {
    if (closed) return;
    clearStatus();
    if (out.write(text) || closed) return;
    using listening = abortable();
    const { signal } = listening;
    await Promise.race([once(out, "drain", { signal }), once(out, "close", { signal })]).catch(() => {});
  }

  function clearStatus(): void {
    if (status !== "") err.write("\r\u001b[K");
    status = "";
  }

  return {
    print: (line) => write(`${line}\n`),
    printRaw: (text) => write(`${out.isTTY ? escapeForTerminal(text) : text}\n`),
    printBytes: write,
    tell(line) {
      clearStatus();
      err.write(`${line}\n`);
    },
    status(line) {
      if (!err.isTTY) return;
      const room = (err.columns ?? 80) - 1;
      const plain = stripVTControlCharacters(line);
      const cut = textWidth(plain) > room ? beginningOf(plain, room) : line;
      clearStatus();
      status = cut;
      err.write(cut);
    },
    showsStatus: err.isTTY === true,
    get closed() {
      return closed;
    },
    async finish() {
      if (!closed) {
        const taken = Promise.withResolvers<void>();
        out.write("", (error) => {
          if (error) failed(error);
          taken.resolve();
        });
        await taken.promise;
      }
      if (failure === undefined) return;
      throw new SimpleTasksError("io", `standard output could not be written: ${failure.message}`, {
        cause: failure,
      });
    },
    get screen() {
      // A terminal that does not know its size says 0.
      return out.isTTY === true ? { columns: out.columns || 80, rows: out.rows || 24 } : undefined;
    },
    style: styleFor(out),
    errorStyle: styleFor(err),
  };
}

/** Colours on screens alone, and not where `NO_COLOR` or `TERM=dumb` forbids them. */
function styleFor(stream: Output): Style {
  const { NO_COLOR: noColor, TERM: term } = process.env;
  const colours = stream.isTTY === true && (noColor === undefined || noColor === "") && term !== "dumb";
  return (format, text) => (colours ? styleText(format, text, { validateStream: false }) : text);
}

/** A signal that fires at the end of its block, so that listeners which lost a race go. */
function abortable(): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  return { signal: controller.signal, [Symbol.dispose]: () => controller.abort() };
}
