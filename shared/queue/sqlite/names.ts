import { loadSqlite } from "../../sqlite.ts";
import { sqliteError } from "./errors.ts";
import { prepareQuery } from "./rows.ts";

/**
 * The names of the queues in a queue file, in order; makes nothing.
 *
 * @param file absolute path of a file that was found to be a queue file
 * @throws `queue_damaged`, `queue_busy`, `io`
 */
export function sqliteQueueNames(file: string): string[] {
  try {
    const { DatabaseSync } = loadSqlite();
    const database = new DatabaseSync(file, { readOnly: true });
    try {
      const rows = prepareQuery(database, "SELECT name FROM queues ORDER BY name").all();
      return rows.map(([name]) => String(name));
    } finally {
      database.close();
    }
  } catch (error) {
    throw sqliteError(error, file);
  }
}
