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

export function text(row: Row, column: number): string {
  return String(row[column]);
}
