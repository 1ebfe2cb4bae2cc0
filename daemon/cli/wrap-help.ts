import { textWidth } from "./text-width.ts";

/**
 * Fits a help page to a screen. Examples and exit codes that are too long give their notes lines of their own; paragraphs,
 * the lines without an indent, are filled anew; what is to be copied stays whole.
 */
export function wrapHelp(text: string, columns: number): string {
  return blocksOf(text.split("\n"))
    .flatMap((block) => (block.some((line) => textWidth(line) > columns) ? wrapBlock(block, columns) : block))
    .join("\n");
}

const indent = "      ";
/** Of a line with two parts: the first, such as a command or an exit code, then two spaces or more. */
const twoParts = /^( {2}\S+(?: \S+)* {2,})(\S.*)$/;
/** A first part up to this width keeps its note beside it. */
const narrow = 10;

/** Lines that belong together: those of a paragraph, or one line with an indent, or an empty one. */
function blocksOf(lines: readonly string[]): string[][] {
  const blocks: string[][] = [];
  let open: string[] | undefined;
  for (const line of lines) {
    const isProse = /^\S/.test(line);
    if (isProse && open !== undefined) open.push(line);
    else blocks.push((open = [line]));
    if (!isProse || line.endsWith(":")) open = undefined;
  }
  return blocks;
}

function wrapBlock(block: readonly string[], columns: number): string[] {
  const [first = ""] = block;
  if (/^\S/.test(first)) return filled(block.join(" "), "", columns);
  const [, head, note = ""] = twoParts.exec(first) ?? [];
  if (head === undefined) return [first];
  if (head.length > narrow) return [head.trimEnd(), ...filled(note, indent, columns)];
  const [beside = "", ...rest] = filled(note, " ".repeat(head.length), columns);
  return [head + beside.trimStart(), ...rest];
}

/** The words of a text in lines; a word that is longer than a line has one for itself. */
function filled(text: string, before: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && textWidth(before) + textWidth(line) + 1 + textWidth(word) > columns) {
      lines.push(before + line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, before + line];
}
