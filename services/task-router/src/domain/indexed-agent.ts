// An agent as the index knows it, and what it can do.
import { type AgentId, type AgentRecord, mayTakeTasks } from '@nova-torch/protocol';
import type { Demand, Label } from './waiting.ts';

export interface IndexedAgent {
  readonly id: AgentId;
  record: AgentRecord;
  skills: ReadonlyMap<string, number>;
  /** Role and skills in one text: agents of one signature can do the same tasks. */
  signature: string;
  taken: number;
  reserved: number;
  /** False while its inbox is missing or its slots are in doubt. */
  usable: boolean;
  /** A counter of assignments: the lower, the longer unused. */
  lastUsed: number;
  /** Workflow of the task it got last. */
  workflowId: string | undefined;
}

/** How an agent was used before it was reserved. */
export type Use = Pick<IndexedAgent, 'lastUsed' | 'workflowId'>;

/** Slots the agent has left; 0 when it may not take tasks. */
export const freeSlots = (agent: IndexedAgent): number =>
  agent.usable && mayTakeTasks(agent.record.status)
    ? Math.max(0, agent.record.capacity - agent.taken - agent.reserved)
    : 0;

/** Free slots of all the agent has, 0 to 1. */
export const freeShare = (agent: IndexedAgent): number => freeSlots(agent) / agent.record.capacity;

/** Whether the agent has the role and the skills that are demanded. */
export const isSkilled = (agent: IndexedAgent, { role, skills }: Demand): boolean =>
  (role === undefined || role === agent.record.role) && skills.every((skill) => agent.skills.has(skill));

/** Whether the agent can do what is demanded, free or not. */
export const canDo = (agent: IndexedAgent, demand: Demand): boolean =>
  isSkilled(agent, demand) && isWelcome(agent, demand);

/** Whether the agent is not excluded, and its labels are what is demanded of them. */
export const isWelcome = (agent: IndexedAgent, { labels, avoid, otherThan }: Demand): boolean =>
  agent.id !== otherThan &&
  (labels === undefined || labels.every((label) => hasLabel(agent, label))) &&
  (avoid === undefined || !avoid.some((label) => hasLabel(agent, label)));

/** Whether role and skills are all that is demanded. */
export const welcomesAll = ({ labels, avoid, otherThan }: Demand): boolean =>
  labels === undefined && avoid === undefined && otherThan === undefined;

export const hasLabel = ({ record }: IndexedAgent, [name, value]: Label): boolean =>
  Object.hasOwn(record.labels, name) && record.labels[name] === value;
