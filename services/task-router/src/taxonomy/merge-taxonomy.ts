import type { RoleWords, SkillWords, Taxonomy } from '../domain/analysis/taxonomy.ts';
import type { TaxonomyFile } from './taxonomy-schema.ts';

export interface TaxonomyProblem {
  /** Where in the file, as dotted keys. */
  readonly path: string;
  readonly problem: string;
}

export interface MergedTaxonomy {
  readonly taxonomy: Taxonomy;
  /** What the second file says of things that are not there. */
  readonly problems: readonly TaxonomyProblem[];
}

const same = (word: string): string => word.toLowerCase().replaceAll(/[\s_-]+/g, ' ');
const joined = (one: readonly string[], other: readonly string[]): string[] => [
  ...new Set([...one, ...other]),
];

/** Puts two files together: what the second removes is taken from the first, then what it has is added. */
export function mergeTaxonomy(base: TaxonomyFile, extra: TaxonomyFile): MergedTaxonomy {
  const { remove } = extra;
  const removedWords = new Set(remove.words.map(same));
  const kept = (list: readonly string[]): string[] => list.filter((word) => !removedWords.has(same(word)));
  const [removedSkills, removedRoles] = [new Set(remove.skills), new Set(remove.roles)];

  const skills = new Map<string, SkillWords>();
  for (const [name, given] of Object.entries(base.skills)) {
    if (!removedSkills.has(name)) skills.set(name, eachList(withOwnName(name, given), kept));
  }
  for (const [name, given] of Object.entries(extra.skills)) {
    const known = skills.get(name);
    const added = known === undefined ? withOwnName(name, given) : given;
    skills.set(name, known === undefined ? added : joinSkills(known, added));
  }

  const roles = new Map<string, RoleWords>();
  for (const [name, { synonyms, skills: typical }] of Object.entries(base.roles)) {
    if (removedRoles.has(name)) continue;
    roles.set(name, {
      synonyms: kept(synonyms),
      skills: typical.filter((skill) => !removedSkills.has(skill)),
    });
  }
  for (const [name, given] of Object.entries(extra.roles)) {
    const { synonyms, skills: typical } = roles.get(name) ?? { synonyms: [], skills: [] };
    roles.set(name, { synonyms: joined(synonyms, given.synonyms), skills: joined(typical, given.skills) });
  }

  const list = (of: (file: TaxonomyFile) => readonly string[]): string[] => joined(kept(of(base)), of(extra));
  const weights = (of: (file: TaxonomyFile) => Readonly<Record<string, number>>): Map<string, number> =>
    new Map([
      ...Object.entries(of(base)).filter(([word]) => !removedWords.has(same(word))),
      ...Object.entries(of(extra)),
    ]);
  const taxonomy: Taxonomy = {
    skills,
    roles,
    harder: weights(({ complexity }) => complexity.harder),
    easier: weights(({ complexity }) => complexity.easier),
    parallelisable: list(({ parallelisable }) => parallelisable.words),
    sequential: list(({ parallelisable }) => parallelisable.unless),
    team: list(({ team }) => team),
    context: { before: list(({ context }) => context.before), after: list(({ context }) => context.after) },
  };
  return { taxonomy, problems: problemsOf(base, extra, taxonomy) };
}

/** The name of a skill is one of its synonyms, unless it says itself how it is told from other words. */
function withOwnName(name: string, words: SkillWords): SkillWords {
  const told = [...words.proper_names, ...words.only_in_context].some((word) => same(word) === same(name));
  return told ? words : { ...words, synonyms: joined([name], words.synonyms) };
}

const eachList = (words: SkillWords, change: (list: readonly string[]) => string[]): SkillWords => ({
  synonyms: change(words.synonyms),
  proper_names: change(words.proper_names),
  only_in_context: change(words.only_in_context),
  file_endings: [...words.file_endings],
});

const joinSkills = (one: SkillWords, other: SkillWords): SkillWords => ({
  synonyms: joined(one.synonyms, other.synonyms),
  proper_names: joined(one.proper_names, other.proper_names),
  only_in_context: joined(one.only_in_context, other.only_in_context),
  file_endings: joined(one.file_endings, other.file_endings),
});

/** Names that lead nowhere are slips of the pen. */
function problemsOf(base: TaxonomyFile, extra: TaxonomyFile, { skills, roles }: Taxonomy): TaxonomyProblem[] {
  const problems: TaxonomyProblem[] = [];
  const missing = (path: string, names: readonly string[], has: (name: string) => boolean, what: string) => {
    for (const name of names) if (!has(name)) problems.push({ path, problem: `there is no ${what} ${name}` });
  };
  missing('remove.skills', extra.remove.skills, (name) => Object.hasOwn(base.skills, name), 'skill');
  missing('remove.roles', extra.remove.roles, (name) => Object.hasOwn(base.roles, name), 'role');
  for (const [name, { skills: typical }] of roles) {
    missing(`roles.${name}.skills`, typical, (skill) => skills.has(skill), 'skill');
  }
  return problems;
}
