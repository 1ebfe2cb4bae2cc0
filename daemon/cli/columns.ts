import { escapeForTerminal } from "./escape.ts";
import { beginningOf, endOf, textWidth } from "./text-width.ts";

/** One column of a listing. */
export interface Column {
  readonly title: string;
  /** Numbers stand at the right. Default left. */
  readonly align?: "left" | "right";
  /** Whether the column gives way when a row is wider than the screen, and where "…" then stands. Default: it does not. */
  readonly shrink?: "end" | "middle";
}

/** Rows in columns that are as wide as the widest cell that was measured. */
export interface Columns {
  /** Makes room for a row's cells; a row that comes later and is wider makes room for itself. */
  measure(cells: readonly string[]): void;
  /** The row as one line, escaped. */
  line(cells: readonly string[]): string;
}

const gap = 2;
const leastWidth = 8;

/** @param room columns of the screen; undefined for output that nobody cuts */
export function openColumns(columns: readonly Column[], room: number | undefined): Columns {
  const natural = columns.map(() => 0);
  let widths: readonly number[] | undefined;

  function measure(cells: readonly string[]): void {
    for (const index of columns.keys()) {
      const width = Math.min(textWidth(escapeForTerminal(cells[index] ?? "")), room ?? Infinity);
      if (width <= (natural[index] ?? 0)) continue;
      natural[index] = width;
      widths = undefined;
    }
  }

  measure(columns.map(({ title }) => title));
  return {
    measure,
    line(cells) {
      measure(cells);
      const fitted = (widths ??= fit(natural, columns, room));
      return columns
        .map((column, index) => {
          const width = fitted[index] ?? 0;
          const cell = cut(escapeForTerminal(cells[index] ?? ""), column, width);
          const blank = " ".repeat(Math.max(0, width - textWidth(cell)));
          return column.align === "right" ? blank + cell : cell + blank;
        })
        .join(" ".repeat(gap))
        .trimEnd();
    },
  };
}

/** Takes what is too much from the widest column that may shrink, again and again, until the row fits or none can. */
function fit(
  natural: readonly number[],
  columns: readonly Column[],
  room: number | undefined,
): readonly number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width + gap, -gap) - (room ?? Infinity);
  for (; excess > 0; excess -= 1) {
    let widest = -1;
    for (const [index, { shrink }] of columns.entries()) {
      const width = widths[index] ?? 0;
      if (shrink !== undefined && width > leastWidth && width > (widths[widest] ?? 0)) widest = index;
    }
    if (widest === -1) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function cut(text: string, { shrink }: Column, width: number): string {
  if (shrink === undefined || textWidth(text) <= width) return text;
  if (shrink === "end") return `${beginningOf(text, width - 1)}…`;
  const beginning = beginningOf(text, Math.floor((width - 1) / 2));
  return `${beginning}…${endOf(text, width - 1 - textWidth(beginning))}`;
}
