// Tasks that are kept apart from others with the same value of one of their labels.
//
// S1. Only the task that asks is kept apart; one that does not ask may come beside it.
// S2. It is judged when the task is given away: by what agents hold then, and what is on its way to them.
import type { TaskSpec } from '@nova-torch/protocol';
import type { AgentIndex } from './agent-index.ts';
import type { HeldTasks } from './held-tasks.ts';
import type { IndexedAgent } from './indexed-agent.ts';

/** Where a task must, or should, not be put: beside another with this label, on an agent or on its host. */
export interface Apart {
  readonly label: string;
  readonly value: string;
  readonly over: 'agent' | 'host';
  readonly required: boolean;
}

/** What the task is kept apart from; undefined when it does not ask. */
export function apartOf({ spread, labels }: TaskSpec): Apart | undefined {
  if (spread === undefined) return undefined;
  return { ...spread, value: labels[spread.label] ?? '' };
}

/** What it is kept apart from, for people: `customer=acme`. */
export const apartText = ({ label, value, over }: Apart): string =>
  over === 'agent' ? `${label}=${value}` : `${label}=${value} on its host`;

/** Whether the agent, or its host, has a task that this one is kept apart from. */
export function isBeside(
  { id, record }: IndexedAgent,
  { label, value, over }: Apart,
  index: AgentIndex,
  held: HeldTasks,
): boolean {
  if (over === 'agent') return held.hasLabelled(id, label, value);
  for (const other of index.hosts.on(record.host)) if (held.hasLabelled(other.id, label, value)) return true;
  return false;
}

/** Those of the agents that have no such task; each host is looked at once. */
export function withoutBeside(
  agents: readonly IndexedAgent[],
  apart: Apart,
  index: AgentIndex,
  held: HeldTasks,
): IndexedAgent[] {
  const seen = new Map<string, boolean>();
  return agents.filter((agent) => {
    const place = apart.over === 'agent' ? agent.id : agent.record.host;
    const beside = seen.get(place) ?? isBeside(agent, apart, index, held);
    seen.set(place, beside);
    return !beside;
  });
}
