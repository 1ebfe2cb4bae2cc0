/** "1 task", "9 tasks", "12,000 tasks". */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/** "512 B", "1.5 KB", "78.9 MB"; thousands, as disks are sold. */
export function bytesText(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** "2026-05-31 09:05:00", in this machine's time zone; an empty text for a time that is not known. */
export function timeText(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return "";
  const time = new Date(milliseconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  const date = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join("-");
  return `${date} ${[time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":")}`;
}

/** How a table on a screen with room for so many letters shows times; undefined for output that nobody cuts. */
export function timeFor(room = Infinity): (milliseconds: number | undefined) => string {
  return room < 100 ? shortTimeText : timeText;
}

const halfYear = 182 * 86_400_000;

/** "05-31 09:05", as `ls` does it; "2025-05-31" of one that half a year has passed since. */
function shortTimeText(milliseconds: number | undefined): string {
  const text = timeText(milliseconds);
  if (milliseconds === undefined) return text;
  return Date.now() - milliseconds < halfYear ? text.slice(5, 16) : text.slice(0, 10);
}

/** Rows in columns that are as wide as their widest cell; the last one is not filled up. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** A bar of `width` letters; `fraction` is 0 … 1. It is full at 1 alone: short of it, something is left to be done. */
export function bar(fraction: number, width = 24): string {
  const full = fraction >= 1 ? width : Math.min(width - 1, Math.round(Math.max(0, fraction) * width));
  return `${"█".repeat(full)}${"░".repeat(width - full)}`;
}
