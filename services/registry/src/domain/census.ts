// How the agents there are records of spread over roles and statuses. Pure.
import type { AgentStatus } from '@nova-torch/protocol';
import { type Agent, isGone } from './agent.ts';

/** Agents of one role. */
export interface RoleCensus {
  readonly byStatus: Map<AgentStatus, number>;
  total: number;
  /** Slots of living agents. */
  used: number;
  free: number;
}

export interface Census {
  readonly roles: Map<string, RoleCensus>;
  /** Server ms; of the agents that are not gone. */
  oldestHeardMs: number | undefined;
}

export const newCensus = (): Census => ({ roles: new Map(), oldestHeardMs: undefined });

/** Counts one more agent. One that is gone has no slots and is not waited for. */
export function countAgent(census: Census, agent: Agent): void {
  const { role, status, capacity, current_tasks: tasks } = agent.record;
  const known = census.roles.get(role) ?? { byStatus: new Map(), total: 0, used: 0, free: 0 };
  census.roles.set(role, known);
  known.total += 1;
  known.byStatus.set(status, (known.byStatus.get(status) ?? 0) + 1);
  if (isGone(agent)) return;
  const used = Math.min(tasks.length, capacity);
  known.used += used;
  known.free += capacity - used;
  census.oldestHeardMs = Math.min(census.oldestHeardMs ?? agent.heardMs, agent.heardMs);
}
