import { stripVTControlCharacters } from "node:util";

/**
 * A pattern for what a command prints, from what a page shows of it. What differs from run to run (ids, times, durations,
 * the folder's place, the width of columns) may differ; counts, words and their order may not. `…` stands for anything in
 * its line, a line of `…` alone for any lines.
 */
export function patternOf(shown: string, folder: string): RegExp {
  const lines = shapeOf(shown, folder).trimEnd().split("\n");
  const patterns = lines.map((line) =>
    line === "…" ? "(?:.*\n)*?" : `${line.split("…").map(literally).join(".*")}\n`,
  );
  return new RegExp(`^${patterns.join("")}$`);
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

/** A text with what differs from run to run replaced by what it is. */
export function shapeOf(text: string, folder: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(folder, "/home/ada")
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, "UUID")
    .replaceAll(/\b[0-9a-f]{8}\b/g, "SHORT_ID")
    .replaceAll(/\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?/g, "DATE")
    .replaceAll(/\b\d\d:\d\d(?::\d\d(?:\.\d+)?)?\b/g, "TIME")
    .replaceAll(/\b\d+(?:\.\d+)? ?(?:ms|s|seconds?|minutes?)\b/g, "DURATION")
    .replaceAll(/\b\d+\.\d+\b/g, "DECIMAL")
    .replaceAll(/[ \t]+/g, " ")
    .replaceAll(/ $/gm, "")
    .replace(/\n+$/, "")
    .concat("\n");
}
