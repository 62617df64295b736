import type { AgentId, AgentRecord, AgentStatus } from '@nova-torch/protocol';
import {
  AgentIndex,
  classOf,
  DEFAULT_ROUTING,
  type Demand,
  freeShare,
  type IndexedAgent,
  type Routing,
} from '@nova-torch/task-router';

/** The agents of one class of demand, by number in that class, and which of them is next. */
export interface FreeAgents {
  /** The share of its slots an agent has free; 0 when it may not take tasks. */
  set(agent: number, freeShare: number): void;
  /** The one to be used next; undefined when none is free. */
  pick(): number | undefined;
}

/** Nothing is compared or exchanged. */
export const ONE_CANDIDATE: Routing = { ...DEFAULT_ROUTING, assignment: 'greedy' };

interface OfClass {
  readonly able: readonly IndexedAgent[];
  readonly free: FreeAgents;
}

/**
 * The index of agents with another opinion: it offers one candidate, the one a simple rule picks of all that are free. So
 * such a rule runs under the same order of tasks and the same counts of slots as the score. What an agent can do must
 * not change.
 */
export class PickingIndex extends AgentIndex {
  readonly #newFree: (demand: Demand, agents: number) => FreeAgents;
  readonly #classes = new Map<string, OfClass>();
  readonly #places = new Map<IndexedAgent, { readonly ofClass: OfClass; readonly number: number }[]>();

  constructor(newFree: (demand: Demand, agents: number) => FreeAgents) {
    super();
    this.#newFree = newFree;
  }

  override candidates(demand: Demand): IndexedAgent[] {
    const { able, free } = this.#classOf(demand);
    const picked = free.pick();
    const agent = picked === undefined ? undefined : able[picked];
    return agent === undefined ? [] : [agent];
  }

  override put(record: AgentRecord): boolean {
    const isNews = super.put(record);
    this.#noteById(record.agent_id);
    return isNews;
  }

  override setStatus(id: AgentId, status: AgentStatus, version: number): boolean {
    const isNews = super.setStatus(id, status, version);
    this.#noteById(id);
    return isNews;
  }

  override reserve(agent: IndexedAgent, workflowId: string | undefined): void {
    super.reserve(agent, workflowId);
    this.#note(agent);
  }

  override release(id: AgentId): void {
    super.release(id);
    this.#noteById(id);
  }

  #noteById(id: AgentId): void {
    const agent = this.get(id);
    if (agent !== undefined) this.#note(agent);
  }

  #note(agent: IndexedAgent): void {
    const share = freeShare(agent);
    for (const { ofClass, number } of this.#places.get(agent) ?? []) ofClass.free.set(number, share);
  }

  #classOf(demand: Demand): OfClass {
    const name = classOf(demand);
    const known = this.#classes.get(name);
    if (known !== undefined) return known;
    const able = [...this.able(demand)];
    const ofClass = { able, free: this.#newFree(demand, able.length) };
    this.#classes.set(name, ofClass);
    for (const [number, agent] of able.entries()) {
      const places = this.#places.get(agent) ?? [];
      this.#places.set(agent, places);
      places.push({ ofClass, number });
      ofClass.free.set(number, freeShare(agent));
    }
    return ofClass;
  }
}
