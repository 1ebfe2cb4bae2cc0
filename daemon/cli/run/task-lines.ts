import type { Logger } from "../../../shared/logger.ts";
import { escapeForTerminal } from "../escape.ts";
import type { Terminal } from "../terminal.ts";

/**
 * Shows what the task and its file print and log, line by line, on standard error, and what the daemon warns of. How the
 * task ended is told by its report.
 */
export function taskLines(terminal: Terminal): Logger {
  return {
    log(level, message, { stream, task, message: refused, error } = {}) {
      if (stream !== undefined) {
        const mark = stream === "log" && level !== "info" ? `${level} ` : "";
        terminal.tell(`${colored(mark, terminal)}${escapeForTerminal(message)}`);
        return;
      }
      const isEnd = level === "error" && (task !== undefined || refused !== undefined);
      if (level === "debug" || level === "info" || isEnd) return;
      const why = typeof error === "string" ? `: ${error}` : "";
      terminal.tell(`${colored(`${level} `, terminal)}${escapeForTerminal(`${message}${why}`)}`);
    },
  };
}

function colored(mark: string, { errorStyle }: Terminal): string {
  if (mark === "") return "";
  return errorStyle(mark.startsWith("error") ? "red" : mark.startsWith("warn") ? "yellow" : "dim", mark);
}
