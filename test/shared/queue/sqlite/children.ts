import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { afterEach } from "vitest";

const running = new Set<ChildProcess>();

afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
});

/** A process that runs `program`, a module beside the tests, and talks to the test by messages. */
export interface Child {
  readonly process: ChildProcess;
  /** The next message from it. Fails when it ends before it says anything. */
  next(): Promise<unknown>;
  say(message: string): void;
  kill(): Promise<void>;
}

export function startChild(program: string, words: readonly string[]): Child {
  const child = fork(new URL(program, import.meta.url), words, {
    execArgv: [],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  running.add(child);
  const exit = once(child, "exit").then(() => running.delete(child));
  const heard: unknown[] = [];
  let wake = (): void => undefined;
  child.on("message", (message) => {
    heard.push(message);
    wake();
  });
  return {
    process: child,
    async next() {
      while (heard.length === 0) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        await Promise.race([promise, exit]);
        if (heard.length === 0 && !running.has(child)) throw new Error(`${program} ended without a word`);
      }
      return heard.shift();
    },
    say: (message) => void child.send(message),
    async kill() {
      child.kill("SIGKILL");
      await exit;
    },
  };
}

/** Starts `count` processes, waits until all are ready, and lets them go at the same time. */
export async function startTogether(
  count: number,
  program: string,
  words: (index: number) => readonly string[],
): Promise<readonly Child[]> {
  const children = Array.from({ length: count }, (_, index) => startChild(program, words(index)));
  await Promise.all(children.map((child) => child.next()));
  for (const child of children) child.say("go");
  return children;
}
