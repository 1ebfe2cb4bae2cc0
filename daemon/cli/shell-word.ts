import { escapeForTerminal } from "./escape.ts";

/** A text as one word of a command that a person may copy into a shell: quoted where it must be, escaped for the terminal. */
export function shellWord(text: string): string {
  const shown = escapeForTerminal(text);
  return /^[\w./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", String.raw`'\''`)}'`;
}
