import { spawn } from "node:child_process";
import { Socket } from "node:net";
import type { Writable } from "node:stream";

/** Ends worker processes when this process dies. */
export interface Warden extends Disposable {
  watch(pid: number): void;
  forget(pid: number): void;
}

/**
 * A worker whose event loop turns ends itself when its channel to the daemon closes. One that computes without a pause
 * cannot notice. So a shell, which costs next to nothing, waits for the end of a pipe that only this process holds, and
 * kills the process groups that it was told of. Windows has no such thing: there a computing worker ends when it is done.
 */
export function openWarden(): Warden {
  if (process.platform === "win32") return { watch() {}, forget() {}, [Symbol.dispose]() {} };
  const shell = spawn("/bin/sh", ["-c", SCRIPT], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
    env: {},
    cwd: "/",
  });
  // Without a shell, or when somebody kills it, workers still end as their event loops turn.
  shell.on("error", () => {});
  shell.unref();
  // Where the system has no descriptors left there is no pipe, whatever its type says.
  const pipe: Writable | undefined = shell.stdin;
  pipe?.on("error", () => {});
  if (pipe instanceof Socket) pipe.unref();
  return {
    watch: (pid) => void pipe?.write(`watch ${pid}\n`),
    forget: (pid) => void pipe?.write(`forget ${pid}\n`),
    [Symbol.dispose]: () => void pipe?.end(),
  };
}

/** The order matters at the end: a group is killed only when it was not forgotten, so its number still names it. */
const SCRIPT = `
trap "" TERM INT HUP
groups=
while read -r word pid; do
  case $word in
    watch) groups="$groups $pid" ;;
    forget)
      kept=
      for group in $groups; do [ "$group" = "$pid" ] || kept="$kept $group"; done
      groups=$kept ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done
`;
