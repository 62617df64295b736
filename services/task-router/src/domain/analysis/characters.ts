// What the matcher has to know of characters. Texts come in any script: a word of an alphabet ends where no letter
// follows, while scripts written without spaces have no such ends ("用Python写").

/** Neither letter nor digit. */
export const OTHER = 1;
/** A letter, digit or mark of a script that separates words. */
export const LETTER = 2;
/** A character of a script written without spaces. */
export const UNSPACED = 3;

const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const letter = /[\p{L}\p{N}\p{M}]/u;

/** Class of each UTF-16 unit; 0 = not looked up yet. Halves of pairs count as OTHER. */
const classes = new Uint8Array(65_536);

/** The class of a UTF-16 unit; NaN, the unit beyond an end, is OTHER. */
export function classOf(unit: number): number {
  const known = classes[unit];
  if (known === undefined) return OTHER;
  if (known !== 0) return known;
  const character = String.fromCharCode(unit);
  const found = unspaced.test(character) ? UNSPACED : letter.test(character) ? LETTER : OTHER;
  classes[unit] = found;
  return found;
}

export const isDigit = (unit: number): boolean => unit >= 48 && unit <= 57;

/** Blanks, hyphens and underscores: one and the same between the words of a phrase. */
export function isGap(unit: number): boolean {
  return (
    unit === 32 ||
    unit === 45 ||
    unit === 95 ||
    (unit >= 9 && unit <= 13) ||
    unit === 0xa0 ||
    (unit >= 0x2010 && unit <= 0x2015) ||
    unit === 0x202f ||
    unit === 0x3000
  );
}

const beyondAscii = /[^\0-\x7f]/;
/** Zero-width characters and soft hyphens: they are not seen, and would part words. */
const invisible = /[\u00ad\u200b-\u200f\u2060\ufeff]/g;

/** A text in composed form (NFC), without invisible characters. */
export const cleaned = (text: string): string =>
  beyondAscii.test(text) ? text.normalize('NFC').replace(invisible, '') : text;

/** Lower case with every character in its place: those whose lower case is longer stay as they are. */
export function lowered(text: string): string {
  const lower = text.toLowerCase();
  if (lower.length === text.length) return lower;
  return Array.from(text, (one) => {
    const small = one.toLowerCase();
    return small.length === one.length ? small : one;
  }).join('');
}

/** How far back from the bound an end of a word is looked for. */
const WORD_CHARS_MAX = 200;

/** The first `charsMax` characters at most, without a word cut in two. */
export function bounded(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  for (let end = charsMax; end > charsMax - WORD_CHARS_MAX && end > 0; end -= 1) {
    if (isGap(text.charCodeAt(end))) return text.slice(0, end);
  }
  return text.slice(0, charsMax);
}
