import { spawn } from "node:child_process";
import { once } from "node:events";
import { SimpleTasksError } from "../../shared/errors.ts";
import type { Call } from "./call.ts";

/** The program that shows a long listing a screenful at a time. */
export interface Pager {
  /** Resolves when the pager has room for more, or is gone. */
  print(line: string): Promise<void>;
  /** True once the person has left the pager: nobody reads what else is printed. */
  readonly closed: boolean;
  /** Waits until the person has left it. @throws `io` when there is no such program */
  close(): Promise<void>;
}

/**
 * Starts `$PAGER`, else `less`, on this process's terminal. Undefined where none is wanted (`PAGER=cat`, or empty) or none can
 * work: a terminal that cannot move its cursor, no `less` on this machine.
 */
export async function openPager({ environment, signals }: Call): Promise<Pager | undefined> {
  const { PAGER: wanted, TERM: kind } = environment;
  if (wanted === "" || wanted === "cat" || kind === undefined || kind === "" || kind === "dumb") {
    return undefined;
  }
  const stdio = ["pipe", "inherit", "inherit"] as const;
  const env = { LESSCHARSET: "utf-8", ...environment };
  // -F leaves at once when all fits after all, -R shows bold letters, -X leaves the listing on the screen.
  const child =
    wanted === undefined
      ? spawn("less", ["-FRX"], { stdio: [...stdio], env })
      : spawn(wanted, { stdio: [...stdio], env, shell: true });
  const ended = Promise.withResolvers<number | null>();
  let closed = false;
  child.stdin.on("error", () => {});
  child.stdin.on("close", () => {
    closed = true;
  });
  child.on("close", (code) => ended.resolve(code));
  try {
    await once(child, "spawn");
  } catch {
    return undefined;
  }
  // The pager has the keyboard: Ctrl-C is for it, and ends this program only once the person has left the pager.
  signals.onFurther(() => child.kill());
  return {
    async print(line) {
      if (closed || child.stdin.write(`${line}\n`)) return;
      await Promise.race([once(child.stdin, "drain"), ended.promise]).catch(() => {});
    },
    get closed() {
      return closed;
    },
    async close() {
      child.stdin.end();
      const code = await ended.promise;
      if (code !== 126 && code !== 127) return;
      throw new SimpleTasksError("io", `the pager ${JSON.stringify(wanted)} could not be started`, {
        hint: "Set PAGER to a program that is there, or to cat for none.",
      });
    },
  };
}
