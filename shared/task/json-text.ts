/**
 * Reads and edits JSON by its text, so that numbers, spacing, unknown keys and their order stay as they were written.
 * Every function here takes a text that `JSON.parse` accepts; none of them checks that again.
 */

/** A member of an object or an element of a list, by its place in the text. */
interface Span {
  readonly start: number;
  readonly end: number;
}

interface Member extends Span {
  readonly key: string;
  readonly valueStart: number;
}

/** The text of the member `key`; of several with that key the last, as in `JSON.parse`. Undefined when it has none, or is no object. */
export function memberText(text: string, key: string): string | undefined {
  if (!mayHold(text, key)) return undefined;
  const member = members(text).findLast((candidate) => candidate.key === key);
  return member === undefined ? undefined : text.slice(member.valueStart, member.end);
}

/** The texts of a list's elements, in order; undefined when the text is no list. */
export function elementTexts(text: string): string[] | undefined {
  if (text[skipSpace(text, 0)] !== "[") return undefined;
  return spans(text).map(({ start, end }) => text.slice(start, end));
}

/**
 * Sets or removes members of an object. A member that is there keeps its place; a new one comes last.
 *
 * @param text an object
 * @param changes JSON texts by key; undefined removes
 */
export function editMembers(text: string, changes: Readonly<Record<string, string | undefined>>): string {
  if (!Object.keys(changes).some((key) => mayHold(text, key))) return withNewMembers(text, changes);
  const all = members(text);
  const bodyStart = all[0]?.start ?? text.indexOf("{") + 1;
  const bodyEnd = all.at(-1)?.end ?? bodyStart;
  let body = "";
  for (const [index, member] of all.entries()) {
    const changed = Object.hasOwn(changes, member.key);
    const value = changes[member.key];
    if (changed && value === undefined) continue;
    // The last of several members with one key is the one that counts.
    const counts = changed && !all.some((other, place) => place > index && other.key === member.key);
    const gap = body === "" ? "" : text.slice(all[index - 1]?.end ?? bodyStart, member.start);
    body +=
      gap +
      (counts ? text.slice(member.start, member.valueStart) + value : text.slice(member.start, member.end));
  }
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined || all.some((member) => member.key === key)) continue;
    body += `${body === "" ? "" : ","}${JSON.stringify(key)}:${value}`;
  }
  return text.slice(0, bodyStart) + body + text.slice(bodyEnd);
}

/** Whether the key may stand in the text, as it is or with an escape. */
function mayHold(text: string, key: string): boolean {
  return text.includes(key) || text.includes("\\");
}

/** For keys that no member has: they come last, and what is there needs no reading. */
function withNewMembers(text: string, changes: Readonly<Record<string, string | undefined>>): string {
  const end = text.lastIndexOf("}");
  let body = text.slice(0, end).trimEnd();
  const rest = text.slice(body.length);
  for (const [key, value] of Object.entries(changes)) {
    if (value !== undefined) body += `${body.endsWith("{") ? "" : ","}${JSON.stringify(key)}:${value}`;
  }
  return body + rest;
}

/** The members of the object that the text is; none for any other value. */
function members(text: string): Member[] {
  if (text[skipSpace(text, 0)] !== "{") return [];
  return spans(text).map(({ start, end }) => {
    const keyEnd = skipString(text, start);
    const quoted = text.slice(start, keyEnd);
    const key: string = quoted.includes("\\") ? JSON.parse(quoted) : quoted.slice(1, -1);
    // What follows the key is a colon, with space around it.
    return { key, start, end, valueStart: skipSpace(text, skipSpace(text, keyEnd) + 1) };
  });
}

/** The parts between the commas of the outermost object or list, without the space around them. */
function spans(text: string): Span[] {
  const found: Span[] = [];
  let at = skipSpace(text, skipSpace(text, 0) + 1);
  let start = at;
  let end = at;
  let depth = 0;
  for (;;) {
    const character = text[at];
    if (character === '"') {
      at = skipString(text, at);
      end = at;
      continue;
    }
    if (
      depth === 0 &&
      (character === "," || character === "}" || character === "]" || character === undefined)
    ) {
      if (end > start) found.push({ start, end });
      if (character !== ",") return found;
      at = skipSpace(text, at + 1);
      start = at;
      end = at;
      continue;
    }
    if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") depth -= 1;
    at += 1;
    if (!isSpace(text, at - 1)) end = at;
  }
}

/** The place after the string that begins at `start`. */
function skipString(text: string, start: number): number {
  let at = start + 1;
  for (;;) {
    at = text.indexOf('"', at);
    if (at === -1) return text.length;
    let backslashes = 0;
    while (text[at - 1 - backslashes] === "\\") backslashes += 1;
    at += 1;
    if (backslashes % 2 === 0) return at;
  }
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (isSpace(text, at)) at += 1;
  return at;
}

function isSpace(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}
