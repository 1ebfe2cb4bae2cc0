/**
 * Makes text that anybody may have written safe to show: what would move the cursor, change colours, reorder letters or
 * end the line is shown as `\u{…}`; line ends, tabs and carriage returns as `\n`, `\t`, `\r`.
 */
export function escapeForTerminal(text: string): string {
  return text.replaceAll(unsafe, (letter) => short[letter] ?? `\\u{${letter.codePointAt(0)?.toString(16)}}`);
}

const short: Readonly<Record<string, string>> = {
  "\n": String.raw`\n`,
  "\r": String.raw`\r`,
  "\t": String.raw`\t`,
};

/** Controls (C0, DEL, C1), marks and overrides of writing direction, line separators, lone surrogates. */
const unsafe =
  // oxlint-disable-next-line no-control-regex -- control characters are what this is about
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu;
