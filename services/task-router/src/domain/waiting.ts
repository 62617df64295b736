import type { AgentId, Priority, TaskSpec } from '@nova-torch/protocol';
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
  /** This agent never does it. */
  readonly otherThan?: AgentId;
}

export function demandOf({
  role,
  required_skills,
  affinity,
  anti_affinity,
  excluded_agent: otherThan,
}: TaskSpec): Demand {
  const skills = required_skills.length < 2 ? required_skills : [...new Set(required_skills)].sort();
  if (!affinity?.required && anti_affinity === undefined && otherThan === undefined) return { role, skills };
  return {
    role,
    skills,
    ...(affinity?.required ? { labels: sorted(affinity.labels) } : {}),
    ...(anti_affinity === undefined ? {} : { avoid: sorted(anti_affinity.labels) }),
    ...(otherThan === undefined ? {} : { otherThan }),
  };
}

const sorted = (labels: Readonly<Record<string, string>>): Label[] =>
  Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));

/** Whether a demand is about more than role and skills: about the particular agent. */
export const isParticular = ({ labels, avoid, otherThan }: Demand): boolean =>
  labels !== undefined || avoid !== undefined || otherThan !== undefined;

/**
 * Name of a class of demand: `<role>|<skill>,<skill>`, and `|<labels>;<labels to avoid>` if there are any, with `;<agent>`
 * if one is excluded. An absent role is `*`, which no role can be called.
 */
export function classOf(demand: Demand): string {
  const { role, skills, labels, avoid, otherThan } = demand;
  const name = `${role ?? '*'}|${skills.join(',')}`;
  if (!isParticular(demand)) return name;
  return `${name}|${encode(labels)};${encode(avoid)}${otherThan === undefined ? '' : `;${otherThan}`}`;
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
 * `<role>|<skills>|<labels, excluded agent or nothing>|<priority>|<submitter>`.
 */
export function lineOf({ spec, submitter }: Pick<TaskRecord, 'spec' | 'submitter'>): string {
  const demand = demandOf(spec);
  const bar = isParticular(demand) ? '' : '|';
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
  const [role = '*', skills = '', particular = '', priority = ''] = name.split('|', 4);
  const [wanted = '', avoided = '', otherThan] = particular.split(';');
  const [all, none] = [decode(wanted), decode(avoided)];
  const demand: Demand = {
    role: role === '*' ? undefined : role,
    skills: skills === '' ? [] : skills.split(','),
    ...(all === undefined ? {} : { labels: all }),
    ...(none === undefined ? {} : { avoid: none }),
    // Only classOf writes one.
    ...(otherThan === undefined ? {} : { otherThan: otherThan as AgentId }),
  };
  const className = classOf(demand);
  return { demand, className, round: `${className}|${priority}` };
}

/** Place in the line of a class: the lowest score goes first. Priority and ageing in one number, so nothing starves. */
export const waitingScore = (readyAtMs: number, priority: Priority): number =>
  readyAtMs - PRIORITY_BOOST_MS[priority];
