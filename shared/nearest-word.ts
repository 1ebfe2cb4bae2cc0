/** The end of a sentence about a wrong word: `; did you mean "x"?`, else the words there are. */
export function suggestion(word: string, words: readonly string[]): string {
  const near = nearestWord(word, words);
  if (near !== undefined) return `; did you mean "${near}"?`;
  return words.length === 0 ? "" : ` (known: ${words.join(", ")})`;
}

/**
 * The word that was probably meant, for "did you mean": equal but for case and separators, else within a few edits
 * (a third of its length), else the only one that begins with it. Undefined when nothing is near.
 */
export function nearestWord(word: string, words: Iterable<string>): string | undefined {
  let best: { readonly word: string; readonly edits: number } | undefined;
  for (const candidate of words) {
    const edits = plain(candidate) === plain(word) ? 0 : editDistance(word, candidate);
    if (edits <= Math.max(1, Math.floor(candidate.length / 3)) && edits < (best?.edits ?? Infinity)) {
      best = { word: candidate, edits };
    }
  }
  return best?.word ?? onlyLonger(word, words);
}

/** "lease" means "lease_seconds" where nothing else begins so. */
function onlyLonger(word: string, words: Iterable<string>): string | undefined {
  const [longer, ...others] = [...words].filter((candidate) => plain(candidate).startsWith(plain(word)));
  return plain(word).length >= 3 && others.length === 0 ? longer : undefined;
}

function plain(word: string): string {
  return word.replaceAll(/[-_ ]/g, "").toLowerCase();
}

/** How many letters must be put in, taken out, replaced or exchanged with their neighbour (optimal string alignment). */
function editDistance(from: string, to: string): number {
  const letters = [...from];
  const others = [...to];
  let twoAbove: readonly number[] = [];
  let row = Array.from({ length: others.length + 1 }, (_, column) => column);
  for (const [line, letter] of letters.entries()) {
    const above = row;
    row = [line + 1];
    for (const [column, other] of others.entries()) {
      const replace = (above[column] ?? 0) + (letter === other ? 0 : 1);
      const isExchange =
        line > 0 && column > 0 && letter === others[column - 1] && letters[line - 1] === other;
      const exchange = isExchange ? (twoAbove[column - 1] ?? 0) + 1 : Infinity;
      row.push(Math.min(replace, exchange, (above[column + 1] ?? 0) + 1, (row[column] ?? 0) + 1));
    }
    twoAbove = above;
  }
  return row.at(-1) ?? 0;
}
