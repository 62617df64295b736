// What is taken from a model's answer: names that are known and numbers, nothing of its words.
import type { TaskAnalysis, TaskSpec } from '@nova-torch/protocol';
import type { FoundWishes } from './analyse.ts';
import { durationOf } from './effort.ts';
import type { KnownNames } from './model-question.ts';
import type { RunStatistics } from './run-durations.ts';
import type { Taxonomy } from './taxonomy.ts';

/** A model's answer in the form it was asked for; its names may be anything. */
export interface ModelPick {
  readonly skills: readonly string[];
  readonly role?: string | undefined;
  /** 0 to 1. */
  readonly complexity: number;
  readonly parallelisable: boolean;
  readonly team_needed: boolean;
}

/** Skills taken from one answer. */
const SKILLS_MAX = 16;

const knownSkills = (pick: ModelPick, names: KnownNames): string[] =>
  [...new Set(pick.skills)].filter((name) => names.skills.has(name));

const knownRole = ({ role }: ModelPick, names: KnownNames): string | undefined =>
  role !== undefined && names.roles.has(role) ? role : undefined;

/** The wishes of a task that names neither role nor skills, as the model sees them; undefined when it knows none. */
export function wishesOfPick(pick: ModelPick, names: KnownNames): FoundWishes | undefined {
  const skills = knownSkills(pick, names).slice(0, SKILLS_MAX);
  const role = knownRole(pick, names);
  if (role === undefined && skills.length === 0) return undefined;
  return { ...(role === undefined ? {} : { role }), ...(skills.length === 0 ? {} : { skills }) };
}

export interface PickContext {
  readonly task: TaskSpec;
  readonly names: KnownNames;
  readonly taxonomy: Taxonomy;
  readonly history: RunStatistics | undefined;
  /** Which model it was, in a sentence. */
  readonly reason: string;
}

/** The analysis of the rules with what the model picked in the place of what their words found. */
export function withPick(rules: TaskAnalysis, pick: ModelPick, context: PickContext): TaskAnalysis {
  const { task, names, taxonomy, history, reason } = context;
  const matchedOf = new Map(rules.skills.map(({ name, matched }) => [name, matched]));
  const known = knownSkills(pick, names);
  const skills = known.slice(0, SKILLS_MAX).map((name) => ({ name, matched: matchedOf.get(name) ?? [] }));
  const role = knownRole(pick, names);
  const complexity = Math.round(pick.complexity * 100) / 100;
  const { role: _, ...found } = rules;
  return {
    ...found,
    by: 'llm',
    by_reason: reason,
    skills,
    ...(role === undefined ? {} : { role: pickedRole(role, rules, skills, taxonomy) }),
    complexity: { value: complexity, reasons: [ESTIMATED] },
    duration: durationOf(task, complexity, history),
    parallelisable: { value: pick.parallelisable, reason: ESTIMATED },
    team_needed: { value: pick.team_needed, reason: ESTIMATED },
    warnings: [...rules.warnings, ...strangers(pick, known.length, role)],
  };
}

const ESTIMATED = 'estimated by the model';

function pickedRole(
  name: string,
  rules: TaskAnalysis,
  skills: TaskAnalysis['skills'],
  { roles }: Taxonomy,
): NonNullable<TaskAnalysis['role']> {
  const typical = new Set(roles.get(name)?.skills);
  return {
    name,
    matched: rules.role?.name === name ? rules.role.matched : [],
    skills: skills.map((skill) => skill.name).filter((skill) => typical.has(skill)),
    reason: 'picked by the model',
  };
}

/** Says that names were left out. Not which: they may have been put into the model's mouth by the task's text. */
function strangers(pick: ModelPick, known: number, role: string | undefined): TaskAnalysis['warnings'] {
  const unknown = new Set(pick.skills).size - known;
  const warnings: TaskAnalysis['warnings'] = [];
  const nobody = 'that neither an agent nor the taxonomy knows: left out';
  if (unknown > 0) {
    const what = unknown === 1 ? 'a skill' : `${unknown} skills`;
    warnings.push({ field: 'skills', detail: `the model named ${what} ${nobody}`, suggestions: [] });
  }
  if (pick.role !== undefined && role === undefined) {
    warnings.push({ field: 'role', detail: `the model named a role ${nobody}`, suggestions: [] });
  }
  return warnings;
}
