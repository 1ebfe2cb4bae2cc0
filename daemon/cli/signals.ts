import { exitCodes } from "./exit-codes.ts";

/** Ctrl-C and SIGTERM, for as long as a command runs. */
export interface Signals extends Disposable {
  /** Fires at the first one. */
  readonly signal: AbortSignal;
  /** The exit code that the first one asks for; undefined while none has come. */
  readonly exitCode: number | undefined;
  /** Calls `listener` at every further one; without a listener the second one ends the process at once. */
  onFurther(listener: () => void): void;
  /** For a Ctrl-C that comes as a key, while a question is answered: does what its signal does. */
  interrupt(): void;
}

export function listenForSignals(): Signals {
  const controller = new AbortController();
  let exitCode: number | undefined;
  let further: (() => void) | undefined;
  const listen = (code: number) => () => {
    if (exitCode === undefined) {
      exitCode = code;
      controller.abort();
    } else if (further === undefined) process.exit(code);
    else further();
  };
  const listeners = { SIGINT: listen(exitCodes.interrupted), SIGTERM: listen(exitCodes.terminated) };
  process.on("SIGINT", listeners.SIGINT).on("SIGTERM", listeners.SIGTERM);
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    onFurther(listener) {
      further = listener;
    },
    interrupt: listeners.SIGINT,
    [Symbol.dispose]() {
      process.off("SIGINT", listeners.SIGINT).off("SIGTERM", listeners.SIGTERM);
    },
  };
}
