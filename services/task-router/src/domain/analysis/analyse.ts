// What is read out of a task's text. Advice only: it never filters agents and never changes what was submitted.
import { ANALYSED_CHARS_MAX, type TaskAnalysis, type TaskSpec } from '@nova-torch/protocol';
import { complexityOf, durationOf, parallelisableOf, teamNeededOf } from './effort.ts';
import { createTextFinder } from './find-in-text.ts';
import { roleOf, rolesOf } from './role-of.ts';
import type { RunStatistics } from './run-durations.ts';
import type { Taxonomy } from './taxonomy.ts';

/** What an analysis is told of the platform. */
export interface KnownToAnalysis {
  /** Of the completed tasks of its type; undefined when there are none. */
  readonly history: RunStatistics | undefined;
  /** Whether an agent has the skill. */
  hasAgentWith(skill: string): boolean;
  /** Names of skills an agent or the taxonomy has that look like this one, the most alike first. */
  skillsLike(skill: string, taxonomyNames: Iterable<string>): readonly string[];
  /** Whether an agent, or a template of one, has the role. */
  hasRole(role: string): boolean;
  /** Names of roles that look like this one, the most alike first. */
  rolesLike(role: string, taxonomyNames: Iterable<string>): readonly string[];
}

/** Analyses a task. The one here is made of a taxonomy; another one may take its time, and its answer is advice too. */
export type Analyser = (task: TaskSpec, known: KnownToAnalysis) => TaskAnalysis | Promise<TaskAnalysis>;

/** What was found in a task that names neither role nor required skills: preferred when an agent is chosen. */
export interface FoundWishes {
  readonly role?: string;
  readonly skills?: readonly string[];
  /** Set when a model found it; the rules did otherwise. */
  readonly by?: 'llm';
}

export interface TaskAnalysers {
  /** The whole analysis; the same answer for the same input, and it never throws. */
  readonly analyse: (task: TaskSpec, known: KnownToAnalysis) => TaskAnalysis;
  /** Role and skills alone, for a task that names neither; undefined for any other, and when nothing is found. */
  readonly wishesOf: (task: TaskSpec) => FoundWishes | undefined;
}

/** Characters of the description read when a task is admitted: that is on the way of every task. */
const WISHES_CHARS_MAX = 4_000;
const WISHES_MAX = 16;
/** Unknown skills for which names like theirs are looked for. */
const SUGGESTED_FOR_MAX = 10;

type Warning = TaskAnalysis['warnings'][number];

/** What a synonym is a synonym of. */
function nameOfWord(
  named: ReadonlyMap<string, { readonly synonyms: readonly string[] }>,
): Map<string, string> {
  const names = new Map<string, string>();
  for (const [name, { synonyms }] of named) {
    for (const word of synonyms) names.set(word.toLowerCase(), name);
  }
  return names;
}

/** Compiles a taxonomy into what analyses tasks by it. */
export function createAnalysers(taxonomy: Taxonomy): TaskAnalysers {
  const find = createTextFinder(taxonomy);
  const skillOfWord = nameOfWord(taxonomy.skills);
  const roleOfWord = nameOfWord(taxonomy.roles);

  const warningOfRole = (role: string, known: KnownToAnalysis): Warning => {
    const meant = roleOfWord.get(role);
    const like = known.rolesLike(role, taxonomy.roles.keys());
    const detail = `no agent and no template has the role "${role}", and the taxonomy does not know it: the task would wait`;
    return {
      field: 'role',
      detail,
      suggestions: [...new Set(meant === undefined ? like : [meant, ...like])],
    };
  };

  const warningsOfSkills = (task: TaskSpec, known: KnownToAnalysis): Warning[] => {
    const unknown = task.required_skills.filter(
      (skill) => !taxonomy.skills.has(skill) && !known.hasAgentWith(skill),
    );
    return unknown.map((skill, i) => {
      const meant = skillOfWord.get(skill);
      const like = i < SUGGESTED_FOR_MAX ? known.skillsLike(skill, taxonomy.skills.keys()) : [];
      const suggestions = [...new Set(meant === undefined ? like : [meant, ...like])];
      const detail = `no agent has the skill "${skill}", and the taxonomy does not know it: the task would wait`;
      return { field: 'required_skills', detail, suggestions };
    });
  };

  const warningsFor = (task: TaskSpec, known: KnownToAnalysis): Warning[] => {
    const { role } = task;
    const unknown = role !== undefined && !taxonomy.roles.has(role) && !known.hasRole(role);
    return [...(unknown ? [warningOfRole(role, known)] : []), ...warningsOfSkills(task, known)];
  };

  return {
    analyse(task, known) {
      const findings = find(task, ANALYSED_CHARS_MAX);
      const role = roleOf(findings, taxonomy);
      const roleNames = rolesOf(findings, taxonomy).map((one) => one.role.name);
      const complexity = complexityOf(task.description.slice(0, ANALYSED_CHARS_MAX), findings);
      return {
        by: 'rules',
        skills: findings.skill.map(({ name, matched }) => ({ name, matched: [...matched] })),
        ...(role === undefined ? {} : { role }),
        complexity,
        duration: durationOf(task, complexity.value, known.history),
        parallelisable: parallelisableOf(findings),
        team_needed: teamNeededOf(findings, roleNames),
        warnings: warningsFor(task, known),
        truncated: task.description.length > ANALYSED_CHARS_MAX,
      };
    },
    wishesOf(task) {
      if (task.role !== undefined || task.required_skills.length > 0) return undefined;
      const findings = find(task, WISHES_CHARS_MAX);
      const skills = findings.skill.slice(0, WISHES_MAX).map(({ name }) => name);
      const role = roleOf(findings, taxonomy)?.name;
      if (role === undefined && skills.length === 0) return undefined;
      return { ...(role === undefined ? {} : { role }), ...(skills.length === 0 ? {} : { skills }) };
    },
  };
}
