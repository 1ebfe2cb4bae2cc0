import { SimpleTasksError } from "../errors.ts";
import type { PlacedText } from "./fault.ts";

/**
 * The elements of a JSON list, one after another as the text comes in, in memory that does not grow with the list. A text
 * that is one object gives that object. What stands between an element's own brackets is not looked at.
 *
 * @param file what to call the text in errors
 * @throws `task_unparsable` with the place where the text is no list
 */
export async function* listElements(
  chunks: AsyncIterable<string> | Iterable<string>,
  file: string,
): AsyncGenerator<PlacedText, void, undefined> {
  const scanner = new ListScanner(file);
  for await (const chunk of chunks) {
    yield* scanner.take(chunk);
  }
  scanner.end();
}

/**
 * `text`: nothing came yet. `first`: a value or the list's end. `value`: a value, after a comma. `comma`: a comma or the
 * list's end. `nothing`: the text is complete.
 */
type Expected = "text" | "first" | "value" | "comma" | "nothing";

/** What an element ends with: its last bracket, its quote, or, for a word or number, whatever comes after it. */
type Kind = "brackets" | "string" | "word";

class ListScanner {
  readonly #file: string;
  #expected: Expected = "text";
  #inList = false;
  #line = 1;
  #column = 1;
  #element: { readonly kind: Kind; readonly line: number; readonly column: number; text: string } | undefined;
  #depth = 0;
  #inString = false;
  #escaped = false;

  constructor(file: string) {
    this.#file = file;
  }

  /** The elements that end in this chunk. */
  *take(chunk: string): Generator<PlacedText, void, undefined> {
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const letter = chunk[at] ?? "";
      if (this.#element?.kind === "word" && endsWord.has(letter)) {
        yield this.#finish(chunk.slice(start, at));
      }
      if (this.#element === undefined) {
        if (this.#begin(letter)) start = at;
      } else if (this.#continue(letter)) {
        yield this.#finish(chunk.slice(start, at + 1));
      }
      if (letter === "\n") {
        this.#line += 1;
        this.#column = 1;
      } else this.#column += 1;
    }
    if (this.#element !== undefined) this.#element.text += chunk.slice(start);
  }

  /** @throws `task_unparsable` when something is missing at the text's end */
  end(): void {
    if (this.#element !== undefined) throw this.#refuse("what begins here is not closed", {}, this.#element);
    if (this.#expected === "nothing") return;
    // An empty text holds no tasks, which whoever reads it tells.
    if (this.#expected !== "text") throw this.#refuse("the list ends without its ]");
  }

  /** Takes a letter that stands in no element. Gives whether an element begins with it. */
  #begin(letter: string): boolean {
    if (isSpace(letter)) return false;
    if (letter === "/") throw this.#refuse("this is a comment, and JSON has none");
    const expected = this.#expected;
    if (expected === "text" && letter === "[") {
      this.#inList = true;
      this.#expected = "first";
      return false;
    }
    if (expected === "text" && letter !== "{") {
      throw this.#refuse("here must be [, for a list of tasks, or {, for one task or a template");
    }
    if (expected === "nothing") {
      throw this.#refuse(
        this.#inList
          ? "here goes something on after the list's end"
          : "here goes something on after the task's end",
        { hint: "A file with one task a line is named *.tasks.jsonl; a list stands in [ ], with commas." },
      );
    }
    if (expected === "comma") {
      if (letter !== "," && letter !== "]") throw this.#refuse("a comma is missing before this");
      this.#expected = letter === "," ? "value" : "nothing";
      return false;
    }
    if (letter === "]" && expected === "first") {
      this.#expected = "nothing";
      return false;
    }
    if (letter === "]")
      throw this.#refuse("a comma stands before this ], and JSON allows none after the last value");
    if (letter === ",") throw this.#refuse("a value is missing before this comma");
    if (letter === "}") throw this.#refuse("this } closes nothing");
    const kind: Kind = letter === "{" || letter === "[" ? "brackets" : letter === '"' ? "string" : "word";
    this.#element = { kind, line: this.#line, column: this.#column, text: "" };
    this.#depth = kind === "brackets" ? 1 : 0;
    this.#inString = kind === "string";
    return true;
  }

  /** Takes a letter of the element. Gives whether the element ends with it. */
  #continue(letter: string): boolean {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (letter === "\\") this.#escaped = true;
      else if (letter === '"') this.#inString = false;
      return !this.#inString && this.#depth === 0;
    }
    if (letter === '"') this.#inString = true;
    else if (letter === "{" || letter === "[") this.#depth += 1;
    else if (letter === "}" || letter === "]") this.#depth -= 1;
    else if (letter === "/") throw this.#refuse("this is a comment, and JSON has none");
    return this.#depth === 0 && this.#element?.kind === "brackets";
  }

  #finish(rest: string): PlacedText {
    const { line, column, text } = this.#element ?? { line: 1, column: 1, text: "" };
    this.#element = undefined;
    this.#expected = this.#inList ? "comma" : "nothing";
    return { text: text + rest, line, column };
  }

  #refuse(
    message: string,
    details: { readonly hint?: string } = {},
    { line, column } = { line: this.#line, column: this.#column },
  ): SimpleTasksError {
    const about = { file: this.#file, line, column };
    return new SimpleTasksError("task_unparsable", `${this.#file}:${line}:${column}: ${message}`, {
      ...details,
      about,
    });
  }
}

const endsWord: ReadonlySet<string> = new Set([",", "]", "}", " ", "\n", "\r", "\t"]);

function isSpace(letter: string): boolean {
  return letter === " " || letter === "\n" || letter === "\r" || letter === "\t";
}
