// Regular expressions of strangers, matched in time linear in the text, whatever the expression.
//
// The syntax is ECMAScript's with the `u` flag, without what needs backtracking (back references, look-around) and
// without \p{…}. The expression becomes a machine of at most STATES_MAX states, of which all that are possible are
// followed at once (Thompson, "Regular Expression Search Algorithm", 1968): (a+)+$ costs as much as a+$.

/** Characters of an expression. */
export const PATTERN_CHARS_MAX = 500;
/** Positions in the machine; a counted repetition needs them once per count. */
const STATES_MAX = 512;
/** Stands before the first and after the last character. */
const EDGE = -1;

type Range = readonly [from: number, to: number];
type Place = 'start' | 'end' | 'word_edge' | 'no_word_edge';
type Node =
  | { readonly kind: 'one_of'; readonly ranges: readonly Range[]; readonly negated: boolean }
  | { readonly kind: 'place'; readonly place: Place }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'choice'; readonly options: readonly Node[] }
  | { readonly kind: 'repeat'; readonly part: Node; readonly min: number; readonly max: number };
type Instruction =
  | { readonly op: 'take'; readonly takes: CharacterTest }
  | { readonly op: 'at'; readonly place: Place }
  | { readonly op: 'fork'; targets: number[] }
  | { readonly op: 'match' };

/** Whether a character is one of those meant; of the most frequent ones it is known beforehand. */
type CharacterTest = (character: number) => boolean;

/** The expression is not one that can be matched in linear time, or none at all. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

export interface PatternOptions {
  /** `^` and `$` also match at the ends of lines. Default false. */
  readonly multiline?: boolean;
}

/** An expression ready to be looked for. */
export class LinearPattern {
  readonly #program: readonly Instruction[];
  readonly #multiline: boolean;

  /** Throws PatternError with the reason. */
  constructor(source: string, { multiline = false }: PatternOptions = {}) {
    if (source.length > PATTERN_CHARS_MAX)
      throw new PatternError(`it is longer than ${PATTERN_CHARS_MAX} characters`);
    this.#program = programOf(new Parser(source).parse());
    this.#multiline = multiline;
  }

  /** How many positions are followed per character at most: what one character costs. */
  get states(): number {
    return this.#program.length;
  }

  /** Whether it is found anywhere in the text. */
  test(text: string): boolean {
    const search = this.search();
    return search.take(text) || search.end();
  }

  /** Looks through a text that comes in parts; no part may end within a surrogate pair. */
  search(): PatternSearch {
    return new PatternSearch(this.#program, this.#multiline);
  }
}

/** One search through one text. */
export class PatternSearch {
  readonly #program: readonly Instruction[];
  readonly #multiline: boolean;
  /** Per position the number of the step in which it was reached last. */
  readonly #reached: Float64Array;
  #step = 0;
  #before = EDGE;
  #waiting: number[] = [];
  #spare: number[] = [];
  #found = false;

  constructor(program: readonly Instruction[], multiline: boolean) {
    this.#program = program;
    this.#multiline = multiline;
    this.#reached = new Float64Array(program.length);
  }

  /** Takes the next part; true as soon as the expression was found. */
  take(text: string): boolean {
    for (let at = 0; at < text.length && !this.#found; ) {
      const character = text.codePointAt(at) ?? 0;
      this.#advance(character);
      at += character > 0xffff ? 2 : 1;
    }
    return this.#found;
  }

  /** The text is over: whether the expression was found. */
  end(): boolean {
    if (!this.#found) this.#advance(EDGE);
    return this.#found;
  }

  /** Between two characters: follows every position that is possible there, then the one character. */
  #advance(next: number): void {
    this.#step += 1;
    const open = this.#waiting;
    // A match may begin anywhere.
    open.push(0);
    const waiting = this.#spare;
    for (let position = open.pop(); position !== undefined; position = open.pop()) {
      if (this.#reached[position] === this.#step) continue;
      this.#reached[position] = this.#step;
      const instruction = this.#program[position];
      if (instruction === undefined) continue;
      if (instruction.op === 'match') this.#found = true;
      else if (instruction.op === 'fork') open.push(...instruction.targets);
      else if (instruction.op === 'at') {
        if (this.#isAt(instruction.place, next)) open.push(position + 1);
      } else if (next !== EDGE && instruction.takes(next)) waiting.push(position + 1);
    }
    this.#waiting = waiting;
    // Emptied by the loop above.
    this.#spare = open;
    this.#before = next;
  }

  #isAt(place: Place, next: number): boolean {
    if (place === 'start') return this.#before === EDGE || (this.#multiline && isLineEnd(this.#before));
    if (place === 'end') return next === EDGE || (this.#multiline && isLineEnd(next));
    const isEdge = inRanges(WORD, this.#before) !== inRanges(WORD, next);
    return place === 'word_edge' ? isEdge : !isEdge;
  }
}

const code = (character: string): number => character.codePointAt(0) ?? 0;
const span = (from: string, to = from): Range => [code(from), code(to)];
const DIGIT = [span('0', '9')];
const WORD = [span('0', '9'), span('A', 'Z'), span('_'), span('a', 'z')];
const LINE_END = [span('\n'), span('\r'), span('\u2028', '\u2029')];
const SPACE = [
  ...[span('\t', '\r'), span(' '), span('\u00a0'), span('\u1680'), span('\u2000', '\u200a')],
  ...[span('\u2028', '\u2029'), span('\u202f'), span('\u205f'), span('\u3000'), span('\ufeff')],
];
const CLASSES: Readonly<Record<string, readonly Range[]>> = { d: DIGIT, w: WORD, s: SPACE };
const CONTROLS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v', 0: '\0' };

const inRanges = (ranges: readonly Range[], character: number): boolean =>
  ranges.some(([from, to]) => character >= from && character <= to);
const isLineEnd = (character: number): boolean => inRanges(LINE_END, character);

function testOf({
  ranges,
  negated,
}: {
  readonly ranges: readonly Range[];
  readonly negated: boolean;
}): CharacterTest {
  const ascii = Array.from({ length: 128 }, (_, character) => inRanges(ranges, character) !== negated);
  return (character) => ascii[character] ?? inRanges(ranges, character) !== negated;
}

/** All characters outside of the ranges. */
function complement(ranges: readonly Range[]): Range[] {
  const others: Range[] = [];
  let from = 0;
  for (const [low, high] of ranges.toSorted(([a], [b]) => a - b)) {
    if (low > from) others.push([from, low - 1]);
    from = Math.max(from, high + 1);
  }
  return [...others, [from, 0x10ffff]];
}

/** Reads an expression. That it is one at all is checked by the language, so only what it means is read here. */
class Parser {
  readonly #characters: readonly string[];
  #at = 0;

  constructor(source: string) {
    try {
      new RegExp(source, 'u');
    } catch (error) {
      throw new PatternError(error instanceof Error ? error.message : String(error));
    }
    this.#characters = [...source];
  }

  parse(): Node {
    return this.#choice();
  }

  #choice(): Node {
    const options = [this.#sequence()];
    while (this.#skip('|')) options.push(this.#sequence());
    const [only] = options;
    return options.length === 1 && only !== undefined ? only : { kind: 'choice', options };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')'; next = this.#peek()) {
      parts.push(this.#repeated(this.#atom()));
    }
    return { kind: 'sequence', parts };
  }

  #atom(): Node {
    const character = this.#next();
    if (character === '(') return this.#group();
    if (character === '[') return this.#set();
    if (character === '\\') return this.#escape();
    if (character === '^') return { kind: 'place', place: 'start' };
    if (character === '$') return { kind: 'place', place: 'end' };
    if (character === '.') return { kind: 'one_of', ranges: LINE_END, negated: true };
    return { kind: 'one_of', ranges: [span(character)], negated: false };
  }

  #group(): Node {
    if (this.#skip('?') && !this.#skip(':'))
      throw new PatternError('it has look-around, a named group or flags, which are not supported');
    const inside = this.#choice();
    this.#skip(')');
    return inside;
  }

  #escape(): Node {
    if (this.#skip('b')) return { kind: 'place', place: 'word_edge' };
    if (this.#skip('B')) return { kind: 'place', place: 'no_word_edge' };
    return { kind: 'one_of', ranges: this.#escaped(), negated: false };
  }

  /** What follows a backslash, where characters are meant. */
  #escaped(): readonly Range[] {
    const letter = this.#next();
    const named = CLASSES[letter.toLowerCase()];
    if (named !== undefined) return letter === letter.toLowerCase() ? named : complement(named);
    if (/^[1-9kpPc]$/.test(letter)) throw new PatternError(`it has \\${letter}, which is not supported`);
    if (letter === 'x') return [this.#hex(2)];
    if (letter === 'u') return [this.#unicode()];
    return [span(CONTROLS[letter] ?? letter)];
  }

  #unicode(): Range {
    if (!this.#skip('{')) {
      const [unit] = this.#hex(4);
      if (unit >= 0xd800 && unit <= 0xdfff)
        throw new PatternError('write \\u{…} for characters beyond \\uFFFF');
      return [unit, unit];
    }
    let digits = '';
    for (let next = this.#next(); next !== '}'; next = this.#next()) digits += next;
    const character = Number.parseInt(digits, 16);
    return [character, character];
  }

  #hex(digits: number): Range {
    const text = this.#characters.slice(this.#at, this.#at + digits).join('');
    this.#at += digits;
    const character = Number.parseInt(text, 16);
    return [character, character];
  }

  #set(): Node {
    const negated = this.#skip('^');
    const ranges: Range[] = [];
    while (!this.#skip(']')) {
      const [first, ...more] = this.#member();
      const isRange = more.length === 0 && this.#peek() === '-' && this.#characters[this.#at + 1] !== ']';
      if (first === undefined || !isRange) {
        if (first !== undefined) ranges.push(first, ...more);
        continue;
      }
      this.#next();
      const [last] = this.#member();
      ranges.push([first[0], (last ?? first)[1]]);
    }
    return { kind: 'one_of', ranges, negated };
  }

  #member(): readonly Range[] {
    const character = this.#next();
    if (character !== '\\') return [span(character)];
    if (this.#skip('b')) return [span('\b')];
    return this.#escaped();
  }

  #repeated(part: Node): Node {
    const bounds = this.#bounds();
    if (bounds === undefined) return part;
    // Lazy or not makes no difference for whether it matches.
    this.#skip('?');
    return { kind: 'repeat', part, min: bounds[0], max: bounds[1] };
  }

  #bounds(): readonly [number, number] | undefined {
    if (this.#skip('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.#skip('+')) return [1, Number.POSITIVE_INFINITY];
    if (this.#skip('?')) return [0, 1];
    if (!this.#skip('{')) return undefined;
    let text = '';
    for (let next = this.#next(); next !== '}'; next = this.#next()) text += next;
    const [min, max = min] = text.split(',');
    return [Number(min), max === '' ? Number.POSITIVE_INFINITY : Number(max)];
  }

  #peek(): string | undefined {
    return this.#characters[this.#at];
  }

  #next(): string {
    const character = this.#characters[this.#at];
    if (character === undefined) throw new PatternError('it ends too early');
    this.#at += 1;
    return character;
  }

  #skip(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at += 1;
    return true;
  }
}

function programOf(expression: Node): Instruction[] {
  const program: Instruction[] = [];
  const push = (instruction: Instruction): void => {
    if (program.length >= STATES_MAX)
      throw new PatternError(`it is too large: its repetitions need more than ${STATES_MAX} states`);
    program.push(instruction);
  };
  const fork = (...targets: number[]): { targets: number[] } => {
    const instruction = { op: 'fork' as const, targets };
    push(instruction);
    return instruction;
  };
  const emit = (node: Node): void => {
    switch (node.kind) {
      case 'one_of':
        push({ op: 'take', takes: testOf(node) });
        break;
      case 'place':
        push({ op: 'at', place: node.place });
        break;
      case 'sequence':
        for (const part of node.parts) emit(part);
        break;
      case 'choice': {
        const start = fork();
        const ends = node.options.map((option) => {
          start.targets.push(program.length);
          emit(option);
          return fork();
        });
        for (const end of ends) end.targets.push(program.length);
        break;
      }
      case 'repeat':
        repeat(node.part, node.min, node.max);
        break;
    }
  };
  const repeat = (part: Node, min: number, max: number): void => {
    for (let n = 0; n < min; n += 1) {
      const before = program.length;
      emit(part);
      // Nothing, repeated, is nothing; and no count would end.
      if (program.length === before) break;
    }
    if (max === Number.POSITIVE_INFINITY) {
      const again = program.length;
      const loop = fork(again + 1);
      emit(part);
      fork(again);
      loop.targets.push(program.length);
      return;
    }
    const skips: { targets: number[] }[] = [];
    for (let n = min; n < max; n += 1) {
      skips.push(fork(program.length + 1));
      emit(part);
    }
    for (const skip of skips) skip.targets.push(program.length);
  };
  emit(expression);
  push({ op: 'match' });
  return program;
}
