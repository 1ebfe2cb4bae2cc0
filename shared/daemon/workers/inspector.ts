import type { AttemptLogLine } from "../runner.ts";

/** Has Node wait for a debugger, at a port of the system's choice that only this machine reaches. */
export const INSPECTOR_FLAG = "--inspect-wait=127.0.0.1:0";

/** What Node prints once the program is over and a debugger stays attached. */
const WAITS = "Waiting for the debugger to disconnect...";

/** What Node prints about its inspector, beside the address. */
const CHATTER = new Set(["Debugger attached.", WAITS]);

/** Whether the process is over but for its debugger, by its own word: anybody may print such a line. */
export function waitsForDebugger({ stream, text }: AttemptLogLine): boolean {
  return stream === "stderr" && text === WAITS;
}

/**
 * Whether the line is Node's own about its inspector, not the task files'. The address goes to `onAddress`; anybody may
 * print such a line, so it is a text to show and nothing more.
 */
export function readInspectorLine(
  { stream, text }: AttemptLogLine,
  onAddress: ((address: string) => void) | undefined,
): boolean {
  if (stream !== "stderr") return false;
  const address = /^Debugger listening on (ws:\/\/127\.0\.0\.1:\d+\/[\w-]+)$/.exec(text)?.[1];
  if (address !== undefined) onAddress?.(address);
  return (
    address !== undefined ||
    CHATTER.has(text) ||
    text.startsWith("For help, see: https://nodejs.org/") ||
    text.startsWith("Debugger ending on ws://127.0.0.1:")
  );
}
