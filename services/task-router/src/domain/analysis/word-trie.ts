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

const SPACE = 32;
const HASH = 35;
const PLUS = 43;
const DOT = 46;
const SLASH = 47;
const COLON = 58;
const ASCII = 128;

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

/** Terms of one kind that end at a node. */
interface Ending {
  /** Index in KINDS. */
  readonly kind: number;
  readonly terms: Term[];
}

class Node {
  readonly next = new Map<number, Node>();
  readonly endings: Ending[] = [];
  /** The ways on over ASCII, where there are several; else the only one stands in `unit` and `only`. */
  ascii: (Node | undefined)[] | undefined;
  unit = -1;
  only: Node | undefined;

  /** Most of the time goes here: a map is asked for the rare characters only. */
  step(unit: number): Node | undefined {
    if (unit === this.unit) return this.only;
    if (this.ascii === undefined) return undefined;
    return unit < ASCII ? this.ascii[unit] : this.next.get(unit);
  }

  /** Lays out the ways on, here and below. */
  finish(): void {
    const [way] = this.next;
    if (way === undefined) return;
    if (this.next.size === 1) [this.unit, this.only] = way;
    else this.ascii = Array.from({ length: ASCII }, (_, unit) => this.next.get(unit));
    for (const node of this.next.values()) node.finish();
  }
}

export class WordTrie {
  readonly #root = new Node();
  /** The longest that was found at the present place, by kind: terms and end; used within `#walk` alone. */
  readonly #terms: (readonly Term[] | undefined)[] = KINDS.map(() => undefined);
  readonly #ends: number[] = KINDS.map(() => 0);

  constructor(terms: Iterable<Term>) {
    for (const term of terms) this.#add(term);
    this.#root.finish();
  }

  /** Every term in the text by its beginning, of each kind the longest at a place; `lower` is the text in lower case. */
  find(text: string, lower: string): Hit[] {
    const hits: Hit[] = [];
    const covered: number[] = KINDS.map(() => 0);
    let before = OTHER;
    for (let at = 0; at < lower.length; at += 1) {
      const unit = lower.charCodeAt(at);
      const kind = classOf(unit);
      if (kind === OTHER) {
        // Addresses are not read: what a page is called says little about the task.
        if (unit === COLON && lower.charCodeAt(at + 1) === SLASH && lower.charCodeAt(at + 2) === SLASH) {
          while (at < lower.length && lower.charCodeAt(at) > SPACE) at += 1;
        } else if (unit === DOT && classOf(lower.charCodeAt(at + 1)) === LETTER) {
          this.#walk(text, lower, at, before === LETTER, covered, hits);
        }
      } else if (kind === UNSPACED || before !== LETTER) {
        this.#walk(text, lower, at, false, covered, hits);
      }
      before = kind;
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
        next = new Node();
        node.next.set(step, next);
      }
      node = next;
    }
    const kind = KINDS.indexOf(term.kind);
    const ending = node.endings.find((one) => one.kind === kind);
    if (ending === undefined) node.endings.push({ kind, terms: [term] });
    else ending.terms.push(term);
  }

  /** `inName`: it begins with a dot after a letter, where ".net" is no word but perhaps the ending of a name. */
  #walk(text: string, lower: string, start: number, inName: boolean, covered: number[], hits: Hit[]): void {
    let node = this.#root.step(lower.charCodeAt(start));
    let end = start + 1;
    let found = false;
    while (node !== undefined) {
      if (node.endings.length > 0 && endsWord(lower, start, end)) {
        for (const { kind, terms } of node.endings) {
          const meant = terms.filter((term) => mayMean(term, inName, text, start, end));
          if (meant.length === 0) continue;
          found = true;
          this.#terms[kind] = meant;
          this.#ends[kind] = end;
        }
      }
      const unit = lower.charCodeAt(end);
      if (isGap(unit)) {
        node = node.step(SPACE);
        const gapMax = end + GAP_CHARS_MAX;
        end += 1;
        while (end < gapMax && isGap(lower.charCodeAt(end))) end += 1;
      } else {
        node = node.step(unit);
        end += 1;
      }
    }
    if (found) this.#report(start, covered, hits);
  }

  #report(start: number, covered: number[], hits: Hit[]): void {
    for (const [kind, terms] of this.#terms.entries()) {
      if (terms === undefined) continue;
      this.#terms[kind] = undefined;
      if (start < (covered[kind] ?? 0)) continue;
      const end = this.#ends[kind] ?? start;
      covered[kind] = end;
      for (const term of terms) hits.push({ start, end, term });
    }
  }
}

function mayMean(term: Term, inName: boolean, text: string, start: number, end: number): boolean {
  if (inName) return term.counting === 'ending';
  if (term.counting === 'always' || term.counting === 'ending') return true;
  return text.slice(start, end) === term.word;
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
