import { pino } from "pino";
import { asSimpleTasksError, messageOf } from "../../../shared/errors.ts";
import type { Logger } from "../../../shared/logger.ts";
import type { Environment } from "../../config/environment.ts";
import { openLogFile, type LogFile } from "../../log/file.ts";
import { logPlace, makeLogDirectory } from "../../log/place.ts";
import type { Terminal } from "../terminal.ts";
import { screenLog } from "./screen-log.ts";

/** The daemon's log: on standard error, and in a file of the machine's state directory. */
export interface DaemonLog extends Logger, AsyncDisposable {
  /** The file; undefined where none can be written, which was told. */
  readonly file: string | undefined;
  /** Writes to the file alone why the daemon ends, which standard error shows in the words for people. */
  failed(error: unknown): void;
}

/** Standard error gets lines for people on a screen, else one JSON object a line; the file always gets those. */
export async function openDaemonLog(options: {
  readonly terminal: Terminal;
  readonly workspace: string;
  readonly environment: Environment;
}): Promise<DaemonLog> {
  const { terminal } = options;
  const shown = terminal.showsStatus ? screenLog(terminal) : undefined;
  const opened = await openFile(options, (error) => {
    log.log("warn", "the log file cannot be written", { file: opened.path, error: messageOf(error) });
  });
  const file = opened.file && withProcess(opened.file);
  const fileLines = file === undefined ? undefined : jsonLog(file);
  const log = shown === undefined ? jsonLog(standardErrorAnd(file)) : both(shown, fileLines);
  if (opened.problem !== undefined) {
    const { message, hint } = opened.problem;
    log.log("warn", "no log file is written", { error: message, hint });
  }
  return {
    ...log,
    file: opened.path,
    failed: (error) => fileLines?.log("error", "daemon failed", { error: messageOf(error) }),
    [Symbol.asyncDispose]: async () => opened.file?.[Symbol.asyncDispose](),
  };
}

/** The daemon goes on without a log file where there can be none: another person's directory, no home, a read-only disk. */
async function openFile(
  { workspace, environment }: { readonly workspace: string; readonly environment: Environment },
  onTrouble: (error: unknown) => void,
) {
  try {
    const place = logPlace(workspace, environment);
    await makeLogDirectory(place);
    return { path: place.file, file: openLogFile({ file: place.file, onTrouble }) };
  } catch (error) {
    return { problem: asSimpleTasksError(error, "io") };
  }
}

interface Lines {
  write(line: string): unknown;
}

/** Several daemons write one file: there each line begins with whose it is. */
function withProcess(file: LogFile): Lines {
  return { write: (line) => file.write(`{"pid":${process.pid},${line.slice(1)}`) };
}

function standardErrorAnd(file: Lines | undefined): Lines {
  const standardError = pino.destination({ dest: 2, sync: true });
  return {
    write(line) {
      standardError.write(line);
      file?.write(line);
    },
  };
}

function jsonLog(destination: Lines): Logger {
  const lines = pino(
    {
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => void destination.write(line) },
  );
  return {
    log: (level, message, fields) => lines[level](fields ?? {}, message),
  };
}

function both(first: Logger, second: Logger | undefined): Logger {
  return {
    log(...line) {
      first.log(...line);
      second?.log(...line);
    },
  };
}
