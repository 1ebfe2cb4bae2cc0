import { realpathSync } from "node:fs";
import path from "node:path";
import { asSimpleTasksError } from "../../errors.ts";
import { makeDirectorySync } from "../../make-directory.ts";
import type { Queue } from "../queue.ts";
import { type SqliteAddress, sqliteUrl } from "./address.ts";
import { createClient } from "./client.ts";
import { connect } from "./connection.ts";

export interface OpenSqliteQueueOptions extends SqliteAddress {
  /** How long a call waits while another program keeps the file locked, in seconds. Default 30. */
  readonly busySeconds?: number | undefined;
}

/**
 * A queue in a SQLite file; both are made when they are missing. What was sent, deleted or settled is on disk when the
 * call resolves. Beside the file lie SQLite's own `-wal` and `-shm`, `-bell`, and `-line` while processes wait in turn.
 *
 * @throws `queue_damaged`, `queue_busy`, `io`
 */
export async function openSqliteQueue({
  file,
  queue,
  busySeconds = 30,
}: OpenSqliteQueueOptions): Promise<Queue> {
  const resolved = resolveFile(file);
  const connection = await connect({ file: resolved, busySeconds });
  return createClient({ connection, file: resolved, queue, url: sqliteUrl({ file, queue }), busySeconds });
}

/** One text for one file, however it is spelt: that text is what a process shares its thread by. */
function resolveFile(file: string): string {
  try {
    makeDirectorySync(path.dirname(file), 0o700);
    return realpathSync(file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) {
      throw asSimpleTasksError(error, "io", `The queue file ${file} cannot be used: ${String(error)}`);
    }
    return path.join(realpathSync(path.dirname(file)), path.basename(file));
  }
}
