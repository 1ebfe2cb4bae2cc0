import type { Logger, LogFields, LogLevel } from "../../../shared/logger.ts";
import { escapeForTerminal } from "../escape.ts";
import { counted } from "../format.ts";
import type { Terminal } from "../terminal.ts";

/** Log lines for people, on a screen. */
export function screenLog(terminal: Terminal): Logger {
  return {
    log(level, message, fields = {}) {
      if (level === "debug") return;
      const time = terminal.errorStyle("dim", new Date().toTimeString().slice(0, 8));
      const mark = marks[level];
      const shown = escapeForTerminal(`${message}${describeFields(fields)}`);
      terminal.tell(`${time} ${mark === undefined ? shown : `${terminal.errorStyle(mark, level)} ${shown}`}`);
    },
  };
}

const marks: Readonly<Partial<Record<LogLevel, "yellow" | "red">>> = { warn: "yellow", error: "red" };

function describeFields(fields: LogFields): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${describeValue(value)}`)
    .join("");
}

/** Numbers with two digits after the point: the log for programs has all of them. */
function describeValue(value: unknown): string {
  if (typeof value === "string") return value;
  return JSON.stringify(typeof value === "number" ? Math.round(value * 100) / 100 : value) ?? "";
}

/** What a person who pressed Ctrl-C waits for. */
export function stoppingLine(running: number): string {
  if (running === 0) return "stopping: no task is running";
  return `stopping: waiting for ${counted(running, "running task")}; Ctrl-C again gives ${running === 1 ? "it" : "them"} back`;
}
