import { appendFileSync, constants } from "node:fs";
import { open, stat, type FileHandle } from "node:fs/promises";
import { prune, rotate } from "./rotation.ts";

export interface LogFileOptions {
  /** Its directory is there. */
  readonly file: string;
  /** Most bytes of one file. Default 10 MB. */
  readonly fileBytes?: number;
  /** Most files: the one that is written and those moved aside. Default 10. */
  readonly files?: number;
  /** Most bytes of lines that wait for the disk; beyond them lines are left out, and counted. Default 16 MB. */
  readonly waitingBytes?: number;
  /** How late lines are on disk at most, in milliseconds. Default 500. */
  readonly delay?: number;
  /** Called once, at the first line that cannot be written. */
  onTrouble(error: unknown): void;
}

/** A log file that several processes may write. Nothing that its disk does stops or slows who writes lines. */
export interface LogFile extends AsyncDisposable {
  /** Takes a line, with its end. */
  write(line: string): void;
  /** Resolves when every line so far was written, or could not be. */
  flush(): Promise<void>;
}

/** Lines of one write; each write is one append, so lines of several processes do not mix. */
const batchBytes = 1_000_000;

/** Lines are written in batches; at the process's end, whatever ends it but a kill, what still waits is written too. */
export function openLogFile(options: LogFileOptions): LogFile {
  const { file, fileBytes = 10_000_000, files = 10, waitingBytes = 16_000_000, delay = 500 } = options;
  const waiting: { readonly line: string; readonly length: number }[] = [];
  let bytes = 0;
  let lost = 0;
  /** Whether the last write may have ended within a line. */
  let torn = false;
  let troubled = false;
  let timer: NodeJS.Timeout | undefined;
  let flushing: Promise<void> | undefined;
  let handle: FileHandle | undefined;

  function write(line: string): void {
    const length = Buffer.byteLength(line);
    if (bytes + length > waitingBytes) {
      lost += 1;
      return;
    }
    waiting.push({ line, length });
    bytes += length;
    if (bytes >= batchBytes) void flush();
    else timer ??= setTimeout(() => void flush(), delay).unref();
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    flushing ??= writeAll().finally(() => {
      flushing = undefined;
    });
    return flushing;
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = takeBatch();
      const lostBefore = lost;
      const text = `${torn ? "\n" : ""}${lostBefore > 0 ? lostLine(lostBefore) : ""}${batch.join("")}`;
      try {
        await append(Buffer.from(text));
        torn = false;
        lost -= lostBefore;
      } catch (error) {
        torn = true;
        lost += batch.length;
        await close();
        tellTrouble(error);
      }
    }
  }

  function takeBatch(): string[] {
    let taken = 0;
    let count = 0;
    for (const { length } of waiting) {
      if (count > 0 && taken + length > batchBytes) break;
      taken += length;
      count += 1;
    }
    bytes -= taken;
    return waiting.splice(0, count).map(({ line }) => line);
  }

  async function append(batch: Buffer): Promise<void> {
    let current = await openCurrent();
    const { size } = await current.stat();
    if (size > 0 && size + batch.length > fileBytes) {
      // One file that grows too large is better than lines that are lost.
      await rotate(file, files - 1, Date.now()).catch(tellTrouble);
      current = await openCurrent();
    }
    for (let rest = batch; rest.length > 0;) {
      const { bytesWritten } = await current.write(rest);
      rest = rest.subarray(bytesWritten);
    }
  }

  /** The file of that name: another process may have moved aside, or a person removed, the one that is open. */
  async function openCurrent(): Promise<FileHandle> {
    if (handle !== undefined) {
      const [mine, there] = await Promise.all([handle.stat(), stat(file).catch(() => undefined)]);
      if (mine.ino === there?.ino && mine.dev === there.dev) return handle;
      await close();
    } else await prune(file, files - 1).catch(tellTrouble);
    handle = await open(file, appending, 0o600);
    return handle;
  }

  function tellTrouble(error: unknown): void {
    if (!troubled) options.onTrouble(error);
    troubled = true;
  }

  async function close(): Promise<void> {
    const closing = handle;
    handle = undefined;
    await closing?.close().catch(() => {});
  }

  function writeAtExit(): void {
    try {
      if (waiting.length > 0) appendFileSync(file, waiting.map(({ line }) => line).join(""), { mode: 0o600 });
    } catch {
      // There is nobody left to tell.
    }
  }

  process.on("exit", writeAtExit);
  return {
    write,
    flush,
    async [Symbol.asyncDispose]() {
      await flush();
      // Lines that came while the last ones were being written.
      await flush();
      await close();
      process.off("exit", writeAtExit);
    },
  };
}

const appending = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0);

/** In the form of all other lines. */
function lostLine(lines: number): string {
  const entry = {
    level: "warn",
    time: new Date().toISOString(),
    msg: "log lines could not be written",
    lines,
  };
  return `${JSON.stringify(entry)}\n`;
}
