import type { Priority, TaskSpec } from '@nova-torch/protocol';

/** Head start of each priority, in milliseconds: a task of lower priority that waited longer than this goes first. */
export const PRIORITY_BOOST_MS: Readonly<Record<Priority, number>> = {
  critical: 24 * 3_600_000,
  urgent: 4 * 3_600_000,
  high: 3_600_000,
  normal: 600_000,
  low: 0,
};

/** What a task demands of an agent. Tasks that demand the same wait in one line. */
export interface Demand {
  readonly role: string | undefined;
  /** Sorted, without repetition. */
  readonly skills: readonly string[];
}

export function demandOf(spec: TaskSpec): Demand {
  return { role: spec.role, skills: [...new Set(spec.required_skills)].sort() };
}

/** Name of a class of demand: `<role>|<skill>,<skill>`; an absent role is `*`, which no role can be called. */
export const classOf = (demand: Demand): string => `${demand.role ?? '*'}|${demand.skills.join(',')}`;

/** The demand a class name stands for. */
export function demandOfClass(name: string): Demand {
  const bar = name.indexOf('|');
  const role = name.slice(0, bar);
  const skills = name.slice(bar + 1);
  return { role: role === '*' ? undefined : role, skills: skills === '' ? [] : skills.split(',') };
}

/** Place in the line of a class: the lowest score goes first. Priority and ageing in one number, so nothing starves. */
export const waitingScore = (readyAtMs: number, priority: Priority): number =>
  readyAtMs - PRIORITY_BOOST_MS[priority];
