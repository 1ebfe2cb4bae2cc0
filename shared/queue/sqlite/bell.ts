import { closeSync, constants, type FSWatcher, openSync, watch, writeSync } from "node:fs";

/**
 * A watched file beside the database. It is rung after every commit that makes messages visible, now or later, so that
 * receivers in other processes look again. It says nothing about which queue: looking costs less than telling.
 */
export interface Bell extends Disposable {
  ring(): void;
  /** From now on `onRing` is called when anybody rings. Where files cannot be watched it is called every second. */
  listen(): void;
}

/** Neither truncated nor appended to: its one byte is written again and again. */
const openFlags = constants.O_RDWR | constants.O_CREAT;

/** Where watching fails altogether; and in case an event was lost. */
const pollMs = 1000;
const lookAnywayMs = 5000;

export interface BellOptions {
  /** Absolute; made when it is missing. */
  readonly file: string;
  readonly onRing: () => void;
  /** Default: `watch` of `node:fs`. */
  readonly watchFile?: typeof watch;
}

export function createBell({ file, onRing, watchFile = watch }: BellOptions): Bell {
  let handle: number | undefined;
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;

  const open = (): number => (handle ??= openSync(file, openFlags, 0o600));
  const lookEvery = (milliseconds: number): void => {
    clearInterval(timer);
    timer = setInterval(onRing, milliseconds).unref();
  };

  return {
    ring() {
      writeSync(open(), "\n", 0);
    },

    listen() {
      if (timer !== undefined) return;
      lookEvery(lookAnywayMs);
      try {
        open();
        watcher = watchFile(file, { persistent: false }, onRing);
        watcher.on("error", () => {
          watcher?.close();
          lookEvery(pollMs);
        });
      } catch {
        lookEvery(pollMs);
      }
    },

    [Symbol.dispose]() {
      clearInterval(timer);
      watcher?.close();
      if (handle !== undefined) closeSync(handle);
    },
  };
}
