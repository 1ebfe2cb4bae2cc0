/**
 * How many columns of a terminal a text takes: two for letters of Chinese, Japanese and Korean, full-width forms and
 * emoji, none for marks that go onto the letter before them. The text holds no control characters (`escape.ts`).
 */
export function textWidth(text: string): number {
  if (ascii.test(text)) return text.length;
  let width = 0;
  for (const grapheme of graphemesOf(text)) width += widthOf(grapheme);
  return width;
}

/** The longest beginning of a text that takes no more than `width` columns. */
export function beginningOf(text: string, width: number): string {
  if (ascii.test(text)) return text.slice(0, Math.max(0, width));
  return taken(graphemesOf(text), width).join("");
}

/** The longest end of a text that takes no more than `width` columns. */
export function endOf(text: string, width: number): string {
  if (ascii.test(text)) return text.slice(Math.max(0, text.length - Math.max(0, width)));
  return taken(graphemesOf(text).toReversed(), width).toReversed().join("");
}

/** Made when it is first needed: most texts are ASCII, and making it takes a while. */
let segmenter: Intl.Segmenter | undefined;

function graphemesOf(text: string): readonly string[] {
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

const ascii = /^[\u0020-\u007e]*$/;

function taken(segments: readonly string[], width: number): readonly string[] {
  let room = width;
  const over = segments.findIndex((segment) => {
    room -= widthOf(segment);
    return room < 0;
  });
  return over === -1 ? segments : segments.slice(0, over);
}

/** Of one grapheme: a letter with its marks, a flag, a family joined to one emoji. */
function widthOf(grapheme: string): number {
  if (narrow.test(grapheme)) return 1;
  if (wide.test(grapheme) || grapheme.includes("\ufe0f")) return 2;
  return marks.test(grapheme) ? 0 : 1;
}

/** Half-width forms of letters that are wide otherwise. */
const narrow = /^[\uff61-\uffdc]/u;

/** East Asian Width W and F (Unicode's annex 11) by script and block, emoji, flags; U+FE0F makes other signs emoji. */
const wide =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Yi}\p{Script=Tangut}\u3000-\u303e\u309b-\u30ff\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\p{Emoji_Presentation}\p{Regional_Indicator}]/u;

const marks = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
