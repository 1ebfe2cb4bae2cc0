/** One step of a page that a reader follows from its top to its end. */
export type Step =
  | { readonly kind: "file"; readonly line: number; readonly path: string; readonly text: string }
  | { readonly kind: "command"; readonly line: number; readonly command: string; readonly output: string };

/**
 * What a page in Markdown asks its reader to do:
 * - a block after `<!-- file: PATH -->` is a file to be made;
 * - in a `console` block a line after `$ ` is a command, and what follows it is what it prints;
 * - a block after `<!-- not run: REASON -->` is for the eye alone, and so is every block of another language.
 *
 * @throws when a block for a shell types our program and is neither played nor marked: it would escape the test.
 */
export function stepsOf(markdown: string): readonly Step[] {
  const steps: Step[] = [];
  for (const { language, lines, line, mark } of blocksOf(markdown)) {
    const file = /^file: (.+)$/.exec(mark)?.[1];
    if (mark.startsWith("not run: ")) continue;
    if (file !== undefined) steps.push({ kind: "file", line, path: file, text: `${lines.join("\n")}\n` });
    else if (language === "console") steps.push(...commandsOf(lines, line));
    else if (/^(sh|bash|shell)$/.test(language) && lines.some((text) => /\bsimpletasks\b/.test(text)))
      throw new Error(`line ${line}: commands belong in a console block, or after <!-- not run: REASON -->`);
  }
  return steps;
}

interface Block {
  readonly language: string;
  readonly lines: readonly string[];
  /** Of its first line, from 1. */
  readonly line: number;
  /** What the comment right before it says, or nothing. */
  readonly mark: string;
}

function* blocksOf(markdown: string): Generator<Block, void, undefined> {
  const lines = markdown.split("\n");
  let mark = "";
  for (let index = 0; index < lines.length; index += 1) {
    const text = lines[index] ?? "";
    const comment = /^\s*<!-- (.+) -->$/.exec(text)?.[1];
    const [, indent, language] = /^(\s*)```(\w*)$/.exec(text) ?? [];
    if (indent !== undefined && language !== undefined) {
      const end = lines.indexOf(`${indent}\`\`\``, index + 1);
      if (end < 0) throw new Error(`line ${index + 1}: the block has no end`);
      const inside = lines.slice(index + 1, end).map((line) => line.slice(indent.length));
      yield { language, lines: inside, line: index + 2, mark };
      index = end;
    }
    if (comment !== undefined) mark = comment;
    else if (text !== "") mark = "";
  }
}

function commandsOf(lines: readonly string[], firstLine: number): readonly Step[] {
  const commands: { kind: "command"; line: number; command: string; output: string }[] = [];
  for (const [index, text] of lines.entries()) {
    if (text.startsWith("$ ")) {
      commands.push({ kind: "command", line: firstLine + index, command: text.slice(2), output: "" });
      continue;
    }
    const last = commands.at(-1);
    if (last === undefined) throw new Error(`line ${firstLine + index}: output stands before any command`);
    last.output += `${text}\n`;
  }
  return commands;
}
