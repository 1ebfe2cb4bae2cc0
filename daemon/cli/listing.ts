import type { Call } from "./call.ts";
import { openColumns, type Column } from "./columns.ts";
import { openPager } from "./pager.ts";

export interface Table {
  readonly columns: readonly Column[];
  /** One text a column, as it is: it is escaped here. May be endless; is read no faster than it is shown. Sets no status line. */
  readonly rows: Iterable<readonly string[]> | AsyncIterable<readonly string[]>;
  /** What is told instead of a table without rows. */
  readonly empty: string;
}

export interface Listed {
  /** How many rows were printed. */
  readonly rows: number;
  /** False when the reader went away first: the person left the pager, or `| head` has enough. */
  readonly complete: boolean;
}

/** Rows by which the columns' widths are chosen where there is no screen. */
const measuredRows = 200;

/**
 * Prints a table under a bold header. On a screen it fits the width, and what is longer than the screen is paged; elsewhere
 * nothing is cut. The columns are as wide as the rows of the first page need, and grow when a later row needs more.
 */
export async function printTable(call: Call, { columns, rows, empty }: Table): Promise<Listed> {
  const { terminal } = call;
  const { screen } = terminal;
  // The header and the shell's next prompt take a line each.
  const page = screen === undefined ? measuredRows : Math.max(1, screen.rows - 2);
  const source = eachOf(rows);
  try {
    const first: (readonly string[])[] = [];
    while (first.length <= page) {
      const next = await source.next();
      if (next.done === true) break;
      first.push(next.value);
    }
    if (first.length === 0) {
      terminal.tell(empty);
      return { rows: 0, complete: true };
    }
    const layout = openColumns(columns, screen?.columns);
    for (const row of first) layout.measure(row);
    const pager = screen === undefined || first.length <= page ? undefined : await openPager(call);
    const out = pager ?? terminal;
    let printed = 0;
    let complete = false;
    try {
      await out.print(terminal.style("bold", layout.line(columns.map(({ title }) => title))));
      for (const row of first) {
        if (out.closed) break;
        await out.print(layout.line(row));
        printed += 1;
      }
      for (;;) {
        if (out.closed) break;
        const next = await source.next();
        complete = next.done === true;
        if (next.done === true) break;
        await out.print(layout.line(next.value));
        printed += 1;
      }
    } finally {
      await pager?.close();
    }
    return { rows: printed, complete };
  } finally {
    await source.return();
  }
}

async function* eachOf<Row>(rows: Iterable<Row> | AsyncIterable<Row>): AsyncGenerator<Row, void, undefined> {
  yield* rows;
}
