import { RoleName, SkillName } from '@nova-torch/protocol';
import { z } from 'zod';
import { cleaned } from '../domain/analysis/characters.ts';
import { PHRASE_CHARS_MAX } from '../domain/analysis/word-trie.ts';

const SKILLS_MAX = 2_000;
const ROLES_MAX = 200;
const WORDS_MAX = 1_000;

const Word = z
  .string()
  .transform((word) => cleaned(word.trim()))
  .pipe(
    z
      .string()
      .max(PHRASE_CHARS_MAX)
      .regex(
        /^\.?[\p{L}\p{N}](?:.*[^\s_-])?$/u,
        'must begin with a letter, a digit or a dot before one, and not end with a hyphen',
      ),
  );
const words = z.array(Word).max(WORDS_MAX).default([]);
const FileEnding = z.string().regex(/^[a-z0-9]{1,12}$/, 'lower-case letters and digits, without the dot');
const weights = z.record(Word, z.number().min(0).max(1)).default({});
const atMost = (max: number) => (entries: object) => Object.keys(entries).length <= max;

const Skill = z
  .strictObject({
    synonyms: words,
    proper_names: words,
    only_in_context: words,
    file_endings: z.array(FileEnding).max(WORDS_MAX).default([]),
  })
  .prefault({});
const Role = z.strictObject({ synonyms: words, skills: z.array(SkillName).max(SKILLS_MAX).default([]) });

/** A taxonomy file: the shipped one, or one that adds to it and takes from it. */
export const TaxonomyFile = z.strictObject({
  skills: z.record(SkillName, Skill).refine(atMost(SKILLS_MAX), `at most ${SKILLS_MAX} skills`).default({}),
  roles: z.record(RoleName, Role).refine(atMost(ROLES_MAX), `at most ${ROLES_MAX} roles`).default({}),
  complexity: z.strictObject({ harder: weights, easier: weights }).prefault({}),
  parallelisable: z.strictObject({ words, unless: words }).prefault({}),
  team: words,
  context: z.strictObject({ before: words, after: words }).prefault({}),
  remove: z
    .strictObject({
      skills: z.array(SkillName).max(SKILLS_MAX).default([]),
      roles: z.array(RoleName).max(ROLES_MAX).default([]),
      words,
    })
    .prefault({}),
});
export type TaxonomyFile = z.infer<typeof TaxonomyFile>;
