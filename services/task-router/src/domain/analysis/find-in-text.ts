import type { MatchedWord, TaskSpec } from '@nova-torch/protocol';
import { bounded, cleaned, lowered } from './characters.ts';
import { type ContextWords, withoutDoubtful } from './doubtful-names.ts';
import type { Taxonomy } from './taxonomy.ts';
import { KINDS, type Kind, type Term, WordTrie } from './word-trie.ts';

/** The part of a task that is read. */
export type ReadTask = Pick<TaskSpec, 'title' | 'description' | 'task_type'>;

/** A skill or role of the taxonomy, or a word of another kind, with the words of the task that led to it. */
export interface Finding {
  readonly name: string;
  readonly matched: readonly MatchedWord[];
  /** Of the term that was found first. */
  readonly weight: number;
}

export type Findings = Readonly<Record<Kind, readonly Finding[]>>;

/** Finds the words of the taxonomy in a task; reads at most `charsMax` characters of the description. */
export type TextFinder = (task: ReadTask, charsMax: number) => Findings;

/** The task type nobody chose says nothing. */
const UNTYPED = 'task';
/** Different words kept for one finding: more prove nothing. */
const WORDS_KEPT = 8;

/** Compiles a taxonomy. What it makes never throws, and takes time linear in the text. */
export function createTextFinder(taxonomy: Taxonomy): TextFinder {
  const trie = new WordTrie(termsOf(taxonomy));
  const context: ContextWords = {
    before: new Set(taxonomy.context.before.map(lowered)),
    after: new Set(taxonomy.context.after.map(lowered)),
  };
  const read = (found: Growth, raw: string, where: MatchedWord['where']): void => {
    const text = cleaned(raw);
    const field = { text, lower: lowered(text) };
    for (const { start, end, term } of withoutDoubtful(trie.find(text, field.lower), field, context)) {
      note(found[term.kind], term, { word: text.slice(start, end), where });
    }
  };
  return ({ title, description, task_type }, charsMax) => {
    const found = eachKind(() => new Map<string, Growing>());
    read(found, title, 'title');
    if (task_type !== UNTYPED) read(found, task_type, 'task_type');
    read(found, bounded(description, charsMax), 'description');
    return eachKind((kind) => [...found[kind].values()]);
  };
}

const eachKind = <T>(make: (kind: Kind) => T): Record<Kind, T> =>
  Object.fromEntries(KINDS.map((kind) => [kind, make(kind)])) as Record<Kind, T>;

interface Growing extends Finding {
  readonly matched: MatchedWord[];
}
type Growth = Record<Kind, Map<string, Growing>>;

function note(found: Map<string, Growing>, { name, weight }: Term, match: MatchedWord): void {
  const known = found.get(name);
  if (known === undefined) {
    found.set(name, { name, weight, matched: [match] });
    return;
  }
  if (known.matched.length >= WORDS_KEPT) return;
  const isNew = !known.matched.some(({ word, where }) => where === match.where && word === match.word);
  if (isNew) known.matched.push(match);
}

function* termsOf(taxonomy: Taxonomy): Generator<Term> {
  for (const [name, words] of taxonomy.skills) {
    const skill = { kind: 'skill' as const, name, weight: 0 };
    for (const word of words.synonyms) yield { ...skill, word, counting: 'always' };
    for (const word of words.proper_names) yield { ...skill, word, counting: 'name' };
    for (const word of words.only_in_context) yield { ...skill, word, counting: 'context' };
    for (const ending of words.file_endings) yield { ...skill, word: `.${ending}`, counting: 'ending' };
  }
  const always = (kind: Kind, name: string, word: string, weight = 0): Term => ({
    ...{ kind, name, word, weight },
    counting: 'always',
  });
  for (const [name, { synonyms }] of taxonomy.roles) {
    for (const word of synonyms) yield always('role', name, word);
  }
  for (const [word, weight] of taxonomy.harder) yield always('harder', word, word, weight);
  for (const [word, weight] of taxonomy.easier) yield always('easier', word, word, weight);
  for (const word of taxonomy.parallelisable) yield always('parallel', word, word);
  for (const word of taxonomy.sequential) yield always('sequential', word, word);
  for (const word of taxonomy.team) yield always('team', word, word);
}
