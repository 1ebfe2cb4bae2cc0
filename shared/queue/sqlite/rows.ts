import type { DatabaseSync, SQLInputValue, SQLOutputValue } from "node:sqlite";

/** One result row: its columns in the order of the SELECT. */
export type Row = readonly SQLOutputValue[];

/** A prepared SELECT whose rows are arrays: cheaper than objects with named columns. */
export interface Query {
  first(...values: SQLInputValue[]): Row | undefined;
  /** Half the cost of `iterate`, which is for results that might be too large to hold. */
  all(...values: SQLInputValue[]): readonly Row[];
  iterate(...values: SQLInputValue[]): Iterable<Row>;
}

export function prepareQuery(database: DatabaseSync, sql: string): Query {
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  // After setReturnArrays Node gives arrays; its published types know only the objects.
  return {
    first: (...values) => statement.get(...values) as unknown as Row | undefined,
    all: (...values) => statement.all(...values) as unknown as readonly Row[],
    iterate: (...values) => statement.iterate(...values) as unknown as Iterable<Row>,
  };
}

/** A column that is an integer, or 0 where there is no row or no value. */
export function integer(row: Row | undefined, column: number): number {
  return Number(row?.[column] ?? 0);
}

/** What to bind for a text: Node 22 reads TEXT only up to its first NUL, so one that holds a NUL is stored as bytes. */
export function textValue(text: string): SQLInputValue {
  return text.includes("\0") ? Buffer.from(text) : text;
}

/** The first columns of rows that were bound so. */
export function* textsOf(rows: Iterable<Row>): Generator<string> {
  for (const row of rows) yield text(row, 0);
}

/** A column that was bound with `textValue`. */
export function text(row: Row, column: number): string {
  const value = row[column];
  return value instanceof Uint8Array ? Buffer.from(value).toString() : String(value);
}
