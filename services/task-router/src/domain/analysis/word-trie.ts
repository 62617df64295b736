// All words of the taxonomy in one tree of characters, compiled once. From each beginning of a word in the text the
// tree is walked as far as it goes, at most PHRASE_CHARS_MAX steps: linear in the text, whatever stands in it.
import { classOf, isDigit, isGap, LETTER, lowered, OTHER, UNSPACED } from './characters.ts';

/** The longest word or phrase of a taxonomy, in characters. */
export const PHRASE_CHARS_MAX = 64;
/** Blanks between two words of a phrase: more part them. */
const GAP_CHARS_MAX = 4;
const VERSION_CHARS_MAX = 6;
/** Words shorter than this mean something else with a number behind them. */
const VERSIONED_CHARS_MIN = 3;

const [SPACE, DOT, PLUS, HASH, COLON, SLASH] = [32, 46, 43, 35, 58, 47];

export const KINDS = ['skill', 'role', 'harder', 'easier', 'parallel', 'sequential', 'team'] as const;
export type Kind = (typeof KINDS)[number];

/** When a word counts: always, as a proper name, in context only, as the ending of a file name. */
export type Counting = 'always' | 'name' | 'context' | 'ending';

export interface Term {
  readonly kind: Kind;
  /** The skill or role it stands for; the word itself for the other kinds. */
  readonly name: string;
  /** How it is spelled. */
  readonly word: string;
  readonly counting: Counting;
  /** Share of the complexity; 0 for what has none. */
  readonly weight: number;
}

/** A term found at [start, end) of a text. */
export interface Hit {
  readonly start: number;
  readonly end: number;
  readonly term: Term;
}

interface Node {
  readonly next: Map<number, Node>;
  terms: Term[] | undefined;
}

const newNode = (): Node => ({ next: new Map(), terms: undefined });

export class WordTrie {
  readonly #root = newNode();

  constructor(terms: Iterable<Term>) {
    for (const term of terms) this.#add(term);
  }

  /** Every term in the text by its beginning, of each kind the longest at a place; `lower` is the text in lower case. */
  find(text: string, lower: string): Hit[] {
    const hits: Hit[] = [];
    const covered = new Map<Kind, number>();
    for (let at = 0; at < lower.length; at += 1) {
      const unit = lower.charCodeAt(at);
      // Addresses are not read: what a page is called says little about the task.
      if (unit === COLON && lower.charCodeAt(at + 1) === SLASH && lower.charCodeAt(at + 2) === SLASH) {
        while (at < lower.length && lower.charCodeAt(at) > SPACE) at += 1;
      } else if (startsWord(lower, at, unit)) {
        this.#walk(text, lower, at, covered, hits);
      }
    }
    return hits;
  }

  #add(term: Term): void {
    let node = this.#root;
    const phrase = lowered(term.word);
    for (let at = 0; at < phrase.length; at += 1) {
      const unit = phrase.charCodeAt(at);
      const step = isGap(unit) ? SPACE : unit;
      let next = node.next.get(step);
      if (next === undefined) {
        next = newNode();
        node.next.set(step, next);
      }
      node = next;
    }
    node.terms ??= [];
    node.terms.push(term);
  }

  #walk(text: string, lower: string, start: number, covered: Map<Kind, number>, hits: Hit[]): void {
    let node: Node | undefined = this.#root.next.get(lower.charCodeAt(start));
    let end = start + 1;
    let longest: Map<Kind, Hit[]> | undefined;
    while (node !== undefined) {
      if (node.terms !== undefined && endsWord(lower, start, end)) {
        longest ??= new Map();
        for (const [kind, found] of hitsOf(node.terms, text, start, end)) longest.set(kind, found);
      }
      const unit = lower.charCodeAt(end);
      let width = 1;
      if (isGap(unit)) while (width < GAP_CHARS_MAX && isGap(lower.charCodeAt(end + width))) width += 1;
      node = node.next.get(isGap(unit) ? SPACE : unit);
      end += width;
    }
    for (const [kind, found] of longest ?? []) {
      if (start < (covered.get(kind) ?? 0)) continue;
      covered.set(kind, found[0]?.end ?? start);
      hits.push(...found);
    }
  }
}

/** The terms that may be meant at a place, by kind; after a letter, ".net" is no word but perhaps the ending of a name. */
function hitsOf(terms: readonly Term[], text: string, start: number, end: number): Map<Kind, Hit[]> {
  const hits = new Map<Kind, Hit[]>();
  const inName = text.charCodeAt(start) === DOT && classOf(text.charCodeAt(start - 1)) === LETTER;
  for (const term of terms) {
    if (inName && term.counting !== 'ending') continue;
    const exact = term.counting === 'name' || term.counting === 'context';
    if (exact && text.slice(start, end) !== term.word) continue;
    const found = hits.get(term.kind);
    if (found === undefined) hits.set(term.kind, [{ start, end, term }]);
    else found.push({ start, end, term });
  }
  return hits;
}

function startsWord(lower: string, at: number, unit: number): boolean {
  if (unit === DOT) return classOf(lower.charCodeAt(at + 1)) === LETTER;
  const kind = classOf(unit);
  if (kind === OTHER) return false;
  return kind === UNSPACED || classOf(lower.charCodeAt(at - 1)) !== LETTER;
}

/** Whether a word that began at `start` may end before `end`: "java" does not in "javascript", nor "c" in "c++". */
function endsWord(lower: string, start: number, end: number): boolean {
  const [last, next] = [lower.charCodeAt(end - 1), lower.charCodeAt(end)];
  if (next === HASH) return false;
  if (next === PLUS && (last === PLUS || lower.charCodeAt(end + 1) === PLUS)) return false;
  if (classOf(next) !== LETTER || classOf(last) === UNSPACED) return true;
  if (classOf(last) !== LETTER) return isDigit(next);
  // "python3", "java17"
  if (!isDigit(next) || isDigit(last) || end - start < VERSIONED_CHARS_MIN) return false;
  let after = end;
  while (after < end + VERSION_CHARS_MAX && isDigit(lower.charCodeAt(after))) after += 1;
  return classOf(lower.charCodeAt(after)) !== LETTER;
}
