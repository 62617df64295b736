// Names of skills that are also words of the language: "Go to the page" is no Go, "the rest" no REST.
//
// D1. A doubtful name counts when its context says so: a word before it ("in Go"), one behind it ("Go service"), or a
//     version ("Go 1.24").
// D2. A proper name counts also inside a sentence, and in capitals anywhere unless everything is.
// D3. A doubtful name beside a skill in a list counts with it: "Python, Go and R".
import { classOf, isDigit, isGap, LETTER } from './characters.ts';
import type { Hit } from './word-trie.ts';

/** A field of a task as it is read. */
export interface FieldText {
  readonly text: string;
  readonly lower: string;
}

export interface ContextWords {
  readonly before: ReadonlySet<string>;
  readonly after: ReadonlySet<string>;
}

const NEIGHBOUR_CHARS_MAX = 32;
const LIST_GAPS = new Set([',', '/', '&', '+', '|', ';', 'and', 'or', ', and', ', or']);
const LIST_GAP_CHARS_MAX = 12;
/** Directly beside a doubtful name they make another word of it: R&D, C-level, Go's. */
const ATTACHING = new Set([..."&-'’@$#\\+_"]);
const SENTENCE_ENDS = new Set([...'.!?:;*•->#"“']);

/** Those of the hits, in the order of the text, that are meant. */
export function withoutDoubtful(hits: readonly Hit[], field: FieldText, context: ContextWords): Hit[] {
  const doubtful = hits.some(({ term }) => term.counting === 'name' || term.counting === 'context');
  if (!doubtful) return [...hits];
  const shouted = field.text.toUpperCase() === field.text;
  const sure = hits.map((hit) => isSure(hit, field, context, shouted));
  for (let i = 1; i < hits.length; i += 1) spread(hits, sure, i, i - 1, field);
  for (let i = hits.length - 2; i >= 0; i -= 1) spread(hits, sure, i, i + 1, field);
  return hits.filter((_, i) => sure[i]);
}

/** D3 for the hit `at`, beside the hit `beside`. */
function spread(
  hits: readonly Hit[],
  sure: boolean[],
  at: number,
  beside: number,
  { lower }: FieldText,
): void {
  const [hit, other] = [hits[at], hits[beside]];
  if (hit === undefined || other === undefined || sure[at] || !sure[beside]) return;
  const [first, second] = hit.start < other.start ? [hit, other] : [other, hit];
  let from = first.end;
  // "Python 3.12 and R" is a list too.
  while (isVersion(lower, from)) from += 1;
  if (second.start - from > LIST_GAP_CHARS_MAX) return;
  sure[at] = LIST_GAPS.has(lower.slice(from, second.start).trim());
}

const isVersion = (lower: string, at: number): boolean => {
  const unit = lower.charCodeAt(at);
  return isDigit(unit) || ((isGap(unit) || lower[at] === '.') && isDigit(lower.charCodeAt(at + 1)));
};

function isSure(hit: Hit, field: FieldText, context: ContextWords, shouted: boolean): boolean {
  const { term, start } = hit;
  if (term.counting === 'always' || term.counting === 'ending') return true;
  if (isAttached(hit, field.text)) return false;
  if (inContext(hit, field.lower, context)) return true;
  if (term.counting === 'context' || shouted) return false;
  const allCapitals = term.word.length > 1 && term.word === term.word.toUpperCase();
  return allCapitals || !beginsSentence(field.text, start);
}

function inContext({ start, end, term }: Hit, lower: string, { before, after }: ContextWords): boolean {
  if (before.has(wordBefore(lower, start))) return true;
  const next = wordAfter(lower, end);
  if (after.has(next)) return true;
  if (!isDigit(next.charCodeAt(0))) return false;
  return term.counting === 'name' || next.includes('.');
}

function isAttached({ start, end }: Hit, text: string): boolean {
  const [previous = ' ', next = ' '] = [text[start - 1], text[end]];
  if (ATTACHING.has(previous) || ATTACHING.has(next) || previous === '.') return true;
  return next === '.' && classOf(text.charCodeAt(end + 1)) === LETTER;
}

/** The word before a place, with nothing but blanks between; '' if there is none. */
function wordBefore(lower: string, start: number): string {
  let end = start;
  while (end > 0 && start - end < NEIGHBOUR_CHARS_MAX && isGap(lower.charCodeAt(end - 1))) end -= 1;
  let from = end;
  while (end - from < NEIGHBOUR_CHARS_MAX && classOf(lower.charCodeAt(from - 1)) === LETTER) from -= 1;
  return end === start ? '' : lower.slice(from, end);
}

/** The word or number after a place, with nothing but blanks between; '' if there is none. */
function wordAfter(lower: string, end: number): string {
  let from = end;
  while (from - end < NEIGHBOUR_CHARS_MAX && isGap(lower.charCodeAt(from))) from += 1;
  if (from === end) return '';
  let to = from;
  while (to - from < NEIGHBOUR_CHARS_MAX && continuesWord(lower, to)) to += 1;
  return lower.slice(from, to);
}

/** Letters and digits, and the points within a number. */
function continuesWord(lower: string, at: number): boolean {
  if (classOf(lower.charCodeAt(at)) === LETTER) return true;
  return lower[at] === '.' && isDigit(lower.charCodeAt(at - 1)) && isDigit(lower.charCodeAt(at + 1));
}

function beginsSentence(text: string, start: number): boolean {
  for (let at = start - 1; at >= start - NEIGHBOUR_CHARS_MAX; at -= 1) {
    const one = text[at];
    if (one === undefined || one === '\n' || one === '\r' || SENTENCE_ENDS.has(one)) return true;
    if (!isGap(one.charCodeAt(0))) return false;
  }
  return true;
}
