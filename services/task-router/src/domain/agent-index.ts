// Which agents could take a task now, without looking at all of them.
//
// Every agent stands in the buckets of its role, of each of its skills, and of role and skill together. A bucket keeps
// the agents with a free slot by free share, and those of one share in the order they were last used. A question looks
// into the smallest bucket that holds all possible answers (role and rarest skill).
//
// X1. `taken` are the slots in use as the store counts them, `reserved` those of assignments on their way to it; the
//     store's count, checked in the script, decides.
// X2. An event older than what is known of the agent changes nothing.
import { type AgentId, type AgentRecord, type AgentStatus, mayTakeTasks } from '@nova-torch/protocol';
import type { Demand } from './waiting.ts';

const SHARE_LEVELS = 8;
const ANY = '*';

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

interface Bucket {
  readonly all: Set<IndexedAgent>;
  readonly free: readonly Set<IndexedAgent>[];
  freeCount: number;
}

/** Slots the agent has left; 0 when it may not take tasks. */
export const freeSlots = (agent: IndexedAgent): number =>
  agent.usable && mayTakeTasks(agent.record.status)
    ? Math.max(0, agent.record.capacity - agent.taken - agent.reserved)
    : 0;

/** Whether the agent can do what is demanded, free or not. */
export const canDo = (agent: IndexedAgent, demand: Demand): boolean =>
  (demand.role === undefined || demand.role === agent.record.role) &&
  demand.skills.every((skill) => agent.skills.has(skill));

export class AgentIndex {
  readonly #agents = new Map<AgentId, IndexedAgent>();
  readonly #buckets = new Map<string, Bucket>();
  /** Level at which an agent stands in the free lists of its buckets; absent when it has no free slot. */
  readonly #levels = new Map<AgentId, number>();
  /** Free slots of each agent, as counted in `freeSlots`. */
  readonly #counted = new Map<AgentId, number>();
  #uses = 0;
  #freeAgents = 0;
  #freeSlots = 0;

  get size(): number {
    return this.#agents.size;
  }

  get freeAgents(): number {
    return this.#freeAgents;
  }

  /** Free slots of all agents together. */
  get freeSlots(): number {
    return this.#freeSlots;
  }

  get(id: AgentId): IndexedAgent | undefined {
    return this.#agents.get(id);
  }

  agents(): IterableIterator<IndexedAgent> {
    return this.#agents.values();
  }

  /** Takes over what the registry says of an agent. Returns whether it was news. */
  put(record: AgentRecord): boolean {
    const known = this.#agents.get(record.agent_id);
    if (known !== undefined && known.record.version >= record.version) return false;
    const skills = new Map(record.skills.map(({ name, level }) => [name, level]));
    const signature = `${record.role}|${[...skills.keys()].sort().join(',')}`;
    if (known === undefined) {
      const agent: IndexedAgent = {
        id: record.agent_id,
        record,
        skills,
        signature,
        taken: 0,
        reserved: 0,
        usable: true,
        lastUsed: 0,
        workflowId: undefined,
      };
      this.#agents.set(agent.id, agent);
      this.#enter(agent);
      return true;
    }
    if (known.signature === signature) {
      known.record = record;
      known.skills = skills;
      this.#place(known);
      return true;
    }
    this.#leave(known);
    Object.assign(known, { record, skills, signature });
    this.#enter(known);
    return true;
  }

  /** Takes over a status the registry announced alone. Returns whether it was news. */
  setStatus(id: AgentId, status: AgentStatus, version: number): boolean {
    const known = this.#agents.get(id);
    if (known === undefined || known.record.version >= version) return false;
    known.record = { ...known.record, status, version };
    this.#place(known);
    return true;
  }

  remove(id: AgentId): void {
    const known = this.#agents.get(id);
    if (known === undefined) return;
    this.#leave(known);
    this.#agents.delete(id);
  }

  /** Reserves a slot for an assignment that is about to be written. */
  reserve(agent: IndexedAgent, workflowId: string | undefined): void {
    this.#uses += 1;
    agent.reserved += 1;
    agent.lastUsed = this.#uses;
    agent.workflowId = workflowId;
    this.#place(agent);
  }

  /** The assignment was written. */
  confirm(agent: IndexedAgent): void {
    agent.reserved = Math.max(0, agent.reserved - 1);
    agent.taken += 1;
  }

  /** The assignment was not written. */
  cancel(agent: IndexedAgent): void {
    agent.reserved = Math.max(0, agent.reserved - 1);
    this.#place(agent);
  }

  /** Gives a slot back. Unknown agents are ignored: they are gone. */
  release(id: AgentId): void {
    const agent = this.#agents.get(id);
    if (agent === undefined) return;
    agent.taken = Math.max(0, agent.taken - 1);
    this.#place(agent);
  }

  /** Gives it nothing until `setTaken` is called. */
  doubt(id: AgentId): void {
    const agent = this.#agents.get(id);
    if (agent === undefined) return;
    agent.usable = false;
    this.#place(agent);
  }

  /** Sets the slots in use, as the store counts them. */
  setTaken(id: AgentId, taken: number): void {
    const agent = this.#agents.get(id);
    if (agent === undefined || (agent.taken === taken && agent.usable)) return;
    agent.taken = taken;
    agent.usable = true;
    this.#place(agent);
  }

  /** Forgets all slots in use: this router is not, or not yet, the active one. */
  forgetSlots(): void {
    for (const agent of this.#agents.values()) {
      agent.reserved = 0;
      this.setTaken(agent.id, 0);
    }
  }

  /** At most `limit` agents that can do it and have a free slot: the freest first, then the longest unused. */
  candidates(demand: Demand, limit: number): IndexedAgent[] {
    const found: IndexedAgent[] = [];
    const bucket = this.#smallest(demand, (one) => one.freeCount);
    if (bucket === undefined || bucket.freeCount === 0) return found;
    for (let level = SHARE_LEVELS; level >= 1; level -= 1) {
      for (const agent of bucket.free[level] ?? []) {
        if (!canDo(agent, demand)) continue;
        found.push(agent);
        if (found.length >= limit) return found;
      }
    }
    return found;
  }

  /** Every agent that can do it, free or not, of whatever status. */
  *able(demand: Demand): Generator<IndexedAgent> {
    for (const agent of this.#smallest(demand, (one) => one.all.size)?.all ?? []) {
      if (canDo(agent, demand)) yield agent;
    }
  }

  #smallest(demand: Demand, sizeOf: (bucket: Bucket) => number): Bucket | undefined {
    let smallest: Bucket | undefined;
    for (const key of demandKeys(demand)) {
      const bucket = this.#buckets.get(key);
      if (bucket === undefined) return undefined;
      if (smallest === undefined || sizeOf(bucket) < sizeOf(smallest)) smallest = bucket;
    }
    return smallest;
  }

  #enter(agent: IndexedAgent): void {
    for (const key of agentKeys(agent)) {
      let bucket = this.#buckets.get(key);
      if (bucket === undefined) {
        bucket = {
          all: new Set(),
          free: Array.from({ length: SHARE_LEVELS + 1 }, () => new Set()),
          freeCount: 0,
        };
        this.#buckets.set(key, bucket);
      }
      bucket.all.add(agent);
    }
    this.#place(agent);
  }

  #leave(agent: IndexedAgent): void {
    this.#count(agent.id, 0);
    this.#standAt(agent, 0);
    for (const key of agentKeys(agent)) {
      const bucket = this.#buckets.get(key);
      bucket?.all.delete(agent);
      if (bucket?.all.size === 0) this.#buckets.delete(key);
    }
  }

  #place(agent: IndexedAgent): void {
    // It was removed while an assignment was on its way to it; another one may stand here under its id.
    if (this.#agents.get(agent.id) !== agent) return;
    const free = freeSlots(agent);
    this.#count(agent.id, free);
    this.#standAt(agent, Math.ceil((SHARE_LEVELS * free) / agent.record.capacity));
  }

  #count(id: AgentId, free: number): void {
    this.#freeSlots += free - (this.#counted.get(id) ?? 0);
    if (free > 0) this.#counted.set(id, free);
    else this.#counted.delete(id);
  }

  /** Moves the agent to the end of a level's line in each of its buckets; level 0 is none. */
  #standAt(agent: IndexedAgent, level: number): void {
    const before = this.#levels.get(agent.id) ?? 0;
    if (before === 0 && level === 0) return;
    for (const key of agentKeys(agent)) {
      const bucket = this.#buckets.get(key);
      if (bucket === undefined) continue;
      if (before > 0) bucket.free[before]?.delete(agent);
      if (level > 0) bucket.free[level]?.add(agent);
      bucket.freeCount += Number(level > 0) - Number(before > 0);
    }
    this.#freeAgents += Number(level > 0) - Number(before > 0);
    if (level > 0) this.#levels.set(agent.id, level);
    else this.#levels.delete(agent.id);
  }
}

function* agentKeys({ record, skills }: IndexedAgent): Generator<string> {
  yield ANY;
  yield `role ${record.role}`;
  for (const skill of skills.keys()) {
    yield `skill ${skill}`;
    yield `role ${record.role} skill ${skill}`;
  }
}

function* demandKeys({ role, skills }: Demand): Generator<string> {
  if (skills.length === 0) yield role === undefined ? ANY : `role ${role}`;
  for (const skill of skills) yield role === undefined ? `skill ${skill}` : `role ${role} skill ${skill}`;
}
