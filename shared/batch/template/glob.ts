/** A pattern of keys, ready to be matched. */
export interface Glob {
  /** What every key that matches begins with. */
  readonly prefix: string;
  matches(key: string): boolean;
}

/** What keeps a text from being a pattern. */
export interface GlobMistake {
  readonly mistake: string;
}

/**
 * Reads a pattern: `*` any letters but a slash, `**` as a whole part any number of parts, `?` one letter but a slash,
 * `[a-z]` and `[!a-z]` one letter of a set, `{a,b}` either, `\` takes the next letter as it is. Letters are compared as
 * they are, and names that begin with a dot are names like any other.
 *
 * Node's own `path.matchesGlob` is not this: it folds case on macOS and Windows, where a bucket's keys still differ by it,
 * has no way to write a `[` that is only a letter, passes over names with a dot, takes a bracket that is never closed for
 * a letter, reads the pattern anew for every key, and names no prefix to list by.
 */
export function readGlob(pattern: string): Glob | GlobMistake {
  if (/^\.{0,2}\//.test(pattern))
    return { mistake: "begins outside base_directory: it must begin with a name" };
  const reader: Reader = { letters: [...pattern], at: 0, prefix: "", literal: true, mistake: undefined };
  const source = sequence(reader, "");
  const { mistake, prefix } = reader;
  if (mistake !== undefined) return { mistake };
  const expression = new RegExp(`^${source}$`, "su");
  return { prefix, matches: (key) => expression.test(key) };
}

interface Reader {
  readonly letters: readonly string[];
  at: number;
  /** The literal letters so far, as long as there were no others. */
  prefix: string;
  literal: boolean;
  mistake: string | undefined;
}

/** Reads up to one of the letters in `ends`, or to the pattern's end; gives a regular expression's source. */
function sequence(reader: Reader, ends: string): string {
  const { letters } = reader;
  const first = reader.at;
  let source = "";
  for (;;) {
    const letter = letters[reader.at];
    if (letter === undefined || ends.includes(letter)) return source;
    const start = reader.at;
    reader.at += 1;
    if (letter === "*") source += stars(reader, start === first || letters[start - 1] === "/", ends);
    else if (letter === "?") source += special(reader, "[^/]");
    else if (letter === "[") source += special(reader, set(reader));
    else if (letter === "{") source += special(reader, alternatives(reader));
    else source += literal(reader, letter === "\\" ? escapedLetter(reader) : letter);
  }
}

/** One star was read. Two that are a whole part stand for any number of parts, none included, with their slashes. */
function stars(reader: Reader, beginsPart: boolean, ends: string): string {
  const { letters } = reader;
  let count = 1;
  while (letters[reader.at] === "*") {
    reader.at += 1;
    count += 1;
  }
  const next = letters[reader.at];
  if (count !== 2 || !beginsPart || !(next === undefined || next === "/" || ends.includes(next))) {
    return special(reader, "[^/]*");
  }
  if (next !== "/") return special(reader, ".*");
  reader.at += 1;
  return special(reader, "(?:.*/)?");
}

function set(reader: Reader): string {
  const { letters } = reader;
  const start = reader.at;
  const excluded = letters[start] === "!" || letters[start] === "^";
  if (excluded) reader.at += 1;
  const from = reader.at;
  let members = "";
  for (;;) {
    let letter = letters[reader.at];
    if (letter === undefined) {
      reader.mistake ??= `has a [ that is not closed: ${letters.slice(start - 1).join("")}`;
      return "";
    }
    reader.at += 1;
    if (letter === "]" && reader.at > from + 1) return `(?!/)[${excluded ? "^" : ""}${members}]`;
    if (letter === "\\") letter = escapedLetter(reader);
    const until = letters[reader.at + 1];
    if (letters[reader.at] !== "-" || until === undefined || until === "]") {
      members += escaped(letter);
      continue;
    }
    reader.at += 2;
    const last = until === "\\" ? escapedLetter(reader) : until;
    if (codeOf(letter) > codeOf(last))
      reader.mistake ??= `has a set whose range runs backwards: ${letter}-${last}`;
    members += `${escaped(letter)}-${escaped(last)}`;
  }
}

/** A brace with no comma in it is a letter, as in a shell. */
function alternatives(reader: Reader): string {
  const { letters } = reader;
  const start = reader.at - 1;
  const sources: string[] = [];
  reader.literal = false;
  for (;;) {
    sources.push(sequence(reader, ",}"));
    const end = letters[reader.at];
    reader.at += 1;
    if (end === ",") continue;
    if (end === undefined) reader.mistake ??= `has a { that is not closed: ${letters.slice(start).join("")}`;
    return sources.length === 1 ? `\\{${sources.join("")}\\}` : `(?:${sources.join("|")})`;
  }
}

function escapedLetter(reader: Reader): string {
  const letter = reader.letters[reader.at];
  reader.at += 1;
  if (letter === undefined) reader.mistake ??= String.raw`ends with a \ that has nothing to stand before`;
  return letter ?? "";
}

function literal(reader: Reader, letter: string): string {
  if (reader.literal) reader.prefix += letter;
  return escaped(letter);
}

function special(reader: Reader, source: string): string {
  reader.literal = false;
  return source;
}

function escaped(letter: string): string {
  return /^[\p{L}\p{N}/_]$/u.test(letter) ? letter : `\\u{${codeOf(letter).toString(16)}}`;
}

function codeOf(letter: string): number {
  return letter.codePointAt(0) ?? 0;
}
