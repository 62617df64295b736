import type { Priority, TaskSpec } from '@nova-torch/protocol';
import type { TaskRecord } from './task-record.ts';

/** Head start of each priority, in milliseconds: a task of lower priority that waited longer than this goes first. */
export const PRIORITY_BOOST_MS: Readonly<Record<Priority, number>> = {
  critical: 24 * 3_600_000,
  urgent: 4 * 3_600_000,
  high: 3_600_000,
  normal: 600_000,
  low: 0,
};

/** Name and value of an agent's label. */
export type Label = readonly [name: string, value: string];

/** What a task demands of an agent. */
export interface Demand {
  readonly role: string | undefined;
  /** Sorted, without repetition. */
  readonly skills: readonly string[];
  /** An agent must have all of them; sorted, absent when there are none. */
  readonly labels?: readonly Label[];
  /** An agent must have none of them; sorted, absent when there are none. */
  readonly avoid?: readonly Label[];
}

export function demandOf({ role, required_skills, affinity, anti_affinity }: TaskSpec): Demand {
  const skills = required_skills.length < 2 ? required_skills : [...new Set(required_skills)].sort();
  if (!affinity?.required && anti_affinity === undefined) return { role, skills };
  return {
    role,
    skills,
    ...(affinity?.required ? { labels: sorted(affinity.labels) } : {}),
    ...(anti_affinity === undefined ? {} : { avoid: sorted(anti_affinity.labels) }),
  };
}

const sorted = (labels: Readonly<Record<string, string>>): Label[] =>
  Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));

/**
 * Name of a class of demand: `<role>|<skill>,<skill>`, and `|<labels>;<labels to avoid>` if there are any. An absent
 * role is `*`, which no role can be called.
 */
export function classOf({ role, skills, labels, avoid }: Demand): string {
  const name = `${role ?? '*'}|${skills.join(',')}`;
  return labels === undefined && avoid === undefined ? name : `${name}|${encode(labels)};${encode(avoid)}`;
}

const encode = (labels: readonly Label[] = []): string =>
  labels.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');

function decode(text: string): Label[] | undefined {
  if (text === '') return undefined;
  return text.split('&').map((label): Label => {
    const [name = '', value = ''] = label.split('=');
    return [decodeURIComponent(name), decodeURIComponent(value)];
  });
}

/**
 * Name of the line a task waits in: of one class, one priority and one submitter, so that submitters can take turns:
 * `<role>|<skills>|<labels or nothing>|<priority>|<submitter>`.
 */
export function lineOf({ spec, submitter }: Pick<TaskRecord, 'spec' | 'submitter'>): string {
  const demand = demandOf(spec);
  const bar = demand.labels === undefined && demand.avoid === undefined ? '|' : '';
  return `${classOf(demand)}${bar}|${spec.priority}|${submitter}`;
}

export interface LineName {
  readonly demand: Demand;
  readonly className: string;
  /** Lines that take turns have this in common: class and priority. */
  readonly round: string;
}

/** What the name of a line says. Lines of former versions are named by class alone: theirs is one for all submitters. */
export function readLineName(name: string): LineName {
  const [role = '*', skills = '', labels = '', priority = ''] = name.split('|', 4);
  const [wanted = '', avoided = ''] = labels.split(';');
  const [all, none] = [decode(wanted), decode(avoided)];
  const demand: Demand = {
    role: role === '*' ? undefined : role,
    skills: skills === '' ? [] : skills.split(','),
    ...(all === undefined ? {} : { labels: all }),
    ...(none === undefined ? {} : { avoid: none }),
  };
  const className = classOf(demand);
  return { demand, className, round: `${className}|${priority}` };
}

/** Place in the line of a class: the lowest score goes first. Priority and ageing in one number, so nothing starves. */
export const waitingScore = (readyAtMs: number, priority: Priority): number =>
  readyAtMs - PRIORITY_BOOST_MS[priority];
