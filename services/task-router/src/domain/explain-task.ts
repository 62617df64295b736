import {
  dependencyIds,
  EXPLAINED_AGENTS_MAX,
  EXPLAINED_CANDIDATES_MAX,
  isTerminal,
  mayTakeTasks,
  type PassedOverGroup,
  type PassOverReason,
  type TaskExplanation,
  type TaskState,
} from '@nova-torch/protocol';
import type { AgentIndex } from './agent-index.ts';
import { rankAgents, wantedOf } from './choose-agent.ts';
import { candidateOf } from './decision.ts';
import { explainWaiting, type KnownToActive, labelsText } from './explain-waiting.ts';
import { freeSlots, hasLabel, type IndexedAgent } from './indexed-agent.ts';
import type { Routing } from './routing.ts';
import { apartOf, apartText, isBeside } from './spread.ts';
import type { TaskRecord } from './task-record.ts';
import { type Demand, demandOf } from './waiting.ts';

export type WaitingExplanation = NonNullable<TaskExplanation['waiting']>;

export interface Surroundings extends KnownToActive {
  readonly agents: AgentIndex;
  readonly routing: Routing;
  /** States of its dependencies, or of the task that judges its claim, where known. */
  readonly states: ReadonlyMap<string, TaskState>;
  readonly line: WaitingExplanation['line'] | undefined;
  readonly nowMs: number;
  /** The name most like one, if any is like enough to be what was meant. */
  nearest(name: string, known: readonly string[]): string | undefined;
}

/**
 * Why a task waits: looks at every agent known, so it costs what the fleet is large. Undefined when it does not wait.
 * On a replica that is not the active router the slots in use are those of the registry's word (`busy`).
 */
export function explainTask(record: TaskRecord, around: Surroundings): WaitingExplanation | undefined {
  const { agents, states, line, nowMs } = around;
  const reason = explainWaiting(record, states, agents, nowMs, around);
  if (reason === undefined) return undefined;
  const { state, spec, live } = record;
  if (state === 'blocked') {
    const open = dependencyIds(spec).filter((taskId) => {
      const found = states.get(taskId);
      return found === undefined || !isTerminal(found);
    });
    return {
      reason,
      dependencies: open.map((task_id) => ({ task_id, status: states.get(task_id) ?? 'unknown' })),
    };
  }
  if (state === 'verifying') {
    const { judged_by: judge } = live;
    if (judge === undefined) return { reason };
    return { reason, dependencies: [{ task_id: judge, status: states.get(judge) ?? 'unknown' }] };
  }
  if (state === 'scheduled') return { reason, next_attempt_at_ms: live.retry_at_ms ?? nowMs };
  return { reason, ...(line === undefined ? {} : { line }), ...explainFleet(record, around) };
}

function explainFleet(record: TaskRecord, around: Surroundings): Omit<WaitingExplanation, 'reason'> {
  const { agents, routing, nearest } = around;
  const { spec } = record;
  const demand = demandOf(spec);
  const able: IndexedAgent[] = [];
  const groups = new Map<string, PassedOverGroup>();
  for (const agent of agents.agents()) {
    const found = firstReason(agent, demand) ?? reasonNow(agent, spec, around);
    if (found === undefined) {
      able.push(agent);
      continue;
    }
    const key = `${found.reason} ${found.what ?? ''}`;
    const group = groups.get(key) ?? { ...found, count: 0, agent_ids: [] };
    group.count += 1;
    if (group.agent_ids.length < EXPLAINED_AGENTS_MAX) group.agent_ids.push(agent.id);
    groups.set(key, group);
  }
  const ranked = rankAgents(wantedOf(record), able, routing, EXPLAINED_CANDIDATES_MAX);
  return {
    agents_known: agents.size,
    candidates: ranked.map(candidateOf),
    passed_over: [...groups.values()].sort((a, b) => b.count - a.count).slice(0, GROUPS_MAX),
    unknown: unknownNames(demand, agents, nearest),
  };
}

/** Groups told, the largest first: there are as many as combinations of skills that agents lack. */
const GROUPS_MAX = 50;

interface Found {
  readonly reason: PassOverReason;
  readonly what?: string;
}

/** The first reason why an agent cannot take a task now; undefined when it can. */
export function firstReason(agent: IndexedAgent, demand: Demand): Found | undefined {
  const { role, skills, labels = [], avoid = [], otherThan } = demand;
  const { record } = agent;
  if (role !== undefined && role !== record.role) return { reason: 'other_role', what: record.role };
  const lacking = skills.filter((skill) => !agent.skills.has(skill));
  if (lacking.length > 0) return { reason: 'missing_skill', what: lacking.join(', ') };
  const absent = labels.filter((label) => !hasLabel(agent, label));
  if (absent.length > 0) return { reason: 'affinity', what: labelsText(absent) };
  const present = avoid.filter((label) => hasLabel(agent, label));
  if (present.length > 0) return { reason: 'anti_affinity', what: labelsText(present) };
  if (agent.id === otherThan) return { reason: 'excluded' };
  if (!mayTakeTasks(record.status)) return { reason: 'not_alive', what: record.status };
  if (!agent.usable) return { reason: 'resting' };
  if (freeSlots(agent) === 0 || record.status === 'busy') return { reason: 'no_free_slot' };
  return undefined;
}

/** Why an agent that could take it otherwise is left out, as only the active router knows. */
function reasonNow(
  agent: IndexedAgent,
  spec: TaskRecord['spec'],
  { agents, resting, held, nowMs }: Surroundings,
): Found | undefined {
  if (resting?.isAwake(agent, spec.task_type, nowMs) === false)
    return { reason: 'resting', what: `tasks of the type ${spec.task_type}` };
  const apart = apartOf(spec);
  if (apart?.required && held !== undefined && isBeside(agent, apart, agents, held))
    return { reason: 'spread', what: apartText(apart) };
  return undefined;
}

function unknownNames(
  { role, skills }: Demand,
  agents: AgentIndex,
  nearest: Surroundings['nearest'],
): NonNullable<WaitingExplanation['unknown']> {
  const roles = new Set<string>();
  const known = new Set<string>();
  for (const agent of agents.agents()) {
    roles.add(agent.record.role);
    for (const skill of agent.skills.keys()) known.add(skill);
  }
  const tell = (field: 'role' | 'required_skills', name: string, names: ReadonlySet<string>) => {
    const meant = nearest(name, [...names]);
    return { field, name, ...(meant === undefined ? {} : { did_you_mean: meant }) };
  };
  return [
    ...(role === undefined || roles.has(role) ? [] : [tell('role', role, roles)]),
    ...skills.filter((skill) => !known.has(skill)).map((skill) => tell('required_skills', skill, known)),
  ];
}
