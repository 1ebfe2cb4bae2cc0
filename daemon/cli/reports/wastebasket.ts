import { fstatSync, fsyncSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import path from "node:path";
import { messageOf, SimpleTasksError } from "../../../shared/errors.ts";
import type { Call } from "../call.ts";
import { escapeForTerminal } from "../escape.ts";
import type { Terminal } from "../terminal.ts";

/** Where discarded reports go, one a line. */
export interface Wastebasket extends AsyncDisposable {
  /** Resolves when the lines are kept safe: on disk, or taken by whoever reads standard output. @throws `io` */
  readonly write: (lines: readonly string[]) => Promise<void>;
  /** For a sentence: " to FILE". */
  readonly where: string;
}

/**
 * @param file to whose end they are added, made for its owner alone; undefined for standard output
 * @throws `io`
 */
export async function openWastebasket(
  file: string | undefined,
  call: Pick<Call, "terminal" | "currentDirectory">,
): Promise<Wastebasket> {
  if (file === undefined) return onStandardOutput(call.terminal);
  const whole = path.resolve(call.currentDirectory, file);
  try {
    const handle = await open(whole, "a+", 0o600);
    await syncDirectory(path.dirname(whole));
    return {
      async write(lines) {
        try {
          const whole = lines.map((line) => `${line}\n`).join("");
          await handle.appendFile((await endsWithinLine(handle)) ? `\n${whole}` : whole);
          await handle.sync();
        } catch (error) {
          throw unwritable(error, file);
        }
      },
      where: ` to ${escapeForTerminal(file)}`,
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (error) {
    throw unwritable(error, file);
  }
}

/** As after a writer that was killed: what comes next must not be joined to its half line. */
async function endsWithinLine(handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat();
  if (size === 0) return false;
  const { buffer } = await handle.read({ buffer: Buffer.alloc(1), position: size - 1 });
  return buffer.toString() !== "\n";
}

function onStandardOutput(terminal: Terminal): Wastebasket {
  let introduced = terminal.screen === undefined;
  return {
    async write(lines) {
      if (!introduced) terminal.tell("thrown away:");
      introduced = true;
      for (const line of lines) await terminal.printRaw(line);
      await terminal.finish();
      if (terminal.closed) {
        throw new SimpleTasksError(
          "io",
          "standard output was closed: nobody would have the discarded reports",
          {
            hint: "Write them to a file: --to FILE.",
          },
        );
      }
      syncStandardOutput();
    },
    where: "",
    async [Symbol.asyncDispose]() {},
  };
}

/** `> FILE` must be as safe as `--to FILE`. */
function syncStandardOutput(): void {
  const { fd } = process.stdout;
  if (fstatSync(fd).isFile()) fsyncSync(fd);
}

/** The file's name is safe too then. Windows has no such thing. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(directory);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function unwritable(error: unknown, file: string): SimpleTasksError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: "there is no such folder",
    ENOTDIR: "a part of its path is a file, not a folder",
    EISDIR: "this is a folder",
    EACCES: "it may not be written",
    ENOSPC: "the disk is full",
  };
  return new SimpleTasksError("io", `${file}: ${reasons[code] ?? messageOf(error)}`, { cause: error });
}
