import { AsyncLocalStorage } from "node:async_hooks";
import { createLineAssembler, type LineAssembler } from "../phases/lines.ts";
import type { AttemptHooks } from "../runner.ts";

/** What one attempt prints, as lines. */
export class PrintedLines {
  readonly #hooks: AttemptHooks;
  readonly #assemblers: { stdout?: LineAssembler; stderr?: LineAssembler } = {};
  #over = false;

  constructor(hooks: AttemptHooks) {
    this.#hooks = hooks;
  }

  push(stream: "stdout" | "stderr", text: string): void {
    // Code that outlives its attempt has nobody left to tell.
    if (this.#over) return;
    const level = stream === "stdout" ? "info" : "warn";
    this.#assemblers[stream] ??= createLineAssembler((line) =>
      this.#hooks.onLog({ stream, level, text: line }),
    );
    this.#assemblers[stream].push(text);
  }

  finish(): void {
    this.#assemblers.stdout?.flush();
    this.#assemblers.stderr?.flush();
    this.#over = true;
  }
}

const current = new AsyncLocalStorage<PrintedLines>();
let holders = 0;
let restore: (() => void) | undefined;

/** While held, what runs under {@link printingTo} prints there; all else prints as ever. */
export function captureOutput(): Disposable {
  holders += 1;
  restore ??= takeOver();
  let released = false;
  return {
    [Symbol.dispose]() {
      if (released) return;
      released = true;
      holders -= 1;
      if (holders > 0) return;
      restore?.();
      restore = undefined;
    },
  };
}

export function printingTo<Result>(lines: PrintedLines, run: () => Result): Result {
  return current.run(lines, run);
}

function takeOver(): () => void {
  const restores = (["stdout", "stderr"] as const).map((name) => {
    const stream = process[name];
    const original = stream.write;
    const write = function (chunk: string | Uint8Array, ...rest: unknown[]): boolean {
      const lines = current.getStore();
      if (lines === undefined) return Reflect.apply(original, stream, [chunk, ...rest]) === true;
      lines.push(name, typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8"));
      const done = rest.at(-1);
      if (typeof done === "function") process.nextTick(done);
      return true;
    };
    stream.write = write;
    return () => {
      // Somebody may have put a write of their own over this one; theirs still calls it, and it passes everything on.
      if (stream.write === write) stream.write = original;
    };
  });
  return () => {
    for (const one of restores) one();
  };
}
