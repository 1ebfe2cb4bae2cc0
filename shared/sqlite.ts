import type * as Sqlite from "node:sqlite";

let loaded: typeof Sqlite | undefined;

/**
 * Node's SQLite, loaded at the first call: most commands never need it. Node 22 announces the module as experimental on
 * standard error, which belongs to the program; that one warning is held back.
 */
export function loadSqlite(): typeof Sqlite {
  if (loaded === undefined) {
    const emitWarning = process.emitWarning;
    process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
      if (!String(warning).includes("SQLite")) Reflect.apply(emitWarning, process, [warning, ...rest]);
    };
    try {
      loaded = process.getBuiltinModule("node:sqlite");
    } finally {
      process.emitWarning = emitWarning;
    }
  }
  return loaded;
}

/** SQLite's primary result code of an error that `node:sqlite` threw, or undefined for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number")
    return undefined;
  return error.errcode & 0xff;
}

export const SQLITE_BUSY = 5;
export const SQLITE_CORRUPT = 11;
export const SQLITE_FULL = 13;
export const SQLITE_NOTADB = 26;
