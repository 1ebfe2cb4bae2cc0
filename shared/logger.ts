export type LogLevel = "debug" | "info" | "warn" | "error";

/** Facts beside a log line. Never secrets. `task` is the task id as text. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where the core writes its log lines; the daemon program passes a pino logger, tests a recorder. */
export interface Logger {
  log(level: LogLevel, message: string, fields?: LogFields): void;
}

/** Drops every line. */
export const silentLogger: Logger = { log() {} };
