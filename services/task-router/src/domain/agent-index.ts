// Which agents could take a task now, without looking at all of them.
//
// Every agent stands in the buckets of its role, of each of its skills, and of role and skill together. A bucket keeps
// the agents with a free slot by how high they stand in it (standing.ts), and those of one level in the order they were
// last used. A question looks into the smallest bucket that holds all possible answers (role and rarest skill). Labels
// have buckets from when a task first demands them.
//
// X1. `taken` are the slots in use as the store counts them, `reserved` those of assignments on their way to it; the
//     store's count, checked in the script, decides.
// X2. An event older than what is known of the agent changes nothing.
import {
  type AgentId,
  type AgentRecord,
  type AgentStatus,
  mayTakeTasks,
  type PassedOver,
} from '@nova-torch/protocol';
import {
  AgentsByHost,
  ANY,
  type Bucket,
  type BucketName,
  bucketsOf,
  judge,
  labelKey,
  newBucket,
  type Place,
  roleKey,
  skillKey,
} from './agent-buckets.ts';
import { canDo, freeSlots, hasLabel, type IndexedAgent, type Use, welcomesAll } from './indexed-agent.ts';
import { leave, newStand, QueueOfAgents } from './queue-of-agents.ts';
import { DEFAULT_ROUTING } from './routing.ts';
import { LEVELS, levelOf, type Standard } from './standing.ts';
import type { Demand } from './waiting.ts';

/** Labels with a bucket of their own; for more, agents are looked at one by one. */
const WATCHED_MAX = 256;

export class AgentIndex {
  readonly hosts = new AgentsByHost();
  readonly #agents = new Map<AgentId, IndexedAgent>();
  readonly #buckets = new Map<string, Bucket>();
  readonly #places = new Map<AgentId, Place>();
  /** Keys of the labels that have buckets. */
  readonly #watched = new Set<string>();
  #uses = 0;
  #freeAgents = 0;
  #freeSlots = 0;
  readonly #routing: Standard['routing'];
  /** Of the agents whose mean time is known. */
  readonly #times = { sum: 0, count: 0 };

  constructor(routing: Standard['routing'] = DEFAULT_ROUTING) {
    this.#routing = routing;
  }

  get size(): number {
    return this.#agents.size;
  }

  /** Agents that may be given tasks, free or not. */
  get living(): number {
    return this.#buckets.get(ANY)?.alive ?? 0;
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
      this.hosts.enter(agent);
      this.#noteTime(agent, 1);
      this.#enter(agent);
      return true;
    }
    this.hosts.leave(known);
    this.#noteTime(known, -1);
    this.#noteTime({ record }, 1);
    if (known.signature === signature && this.#sameWatched(known.record, record)) {
      known.record = record;
      this.hosts.enter(known);
      known.skills = skills;
      this.#place(known);
      return true;
    }
    this.#leave(known);
    Object.assign(known, { record, skills, signature });
    this.hosts.enter(known);
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
    this.hosts.leave(known);
    this.#noteTime(known, -1);
    this.#agents.delete(id);
  }

  /** Reserves a slot for an assignment that is about to be written. */
  reserve(agent: IndexedAgent, workflowId: string | undefined): void {
    this.#uses += 1;
    agent.reserved += 1;
    agent.lastUsed = this.#uses;
    agent.workflowId = workflowId;
    this.#place(agent, true);
  }

  /** Undoes a reservation, so that it looks as if it had not been made. */
  undo(agent: IndexedAgent, { lastUsed, workflowId }: Use): void {
    if (agent.lastUsed > lastUsed) {
      agent.lastUsed = lastUsed;
      agent.workflowId = workflowId;
    }
    this.cancel(agent);
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

  /** At most `limit` agents that can do it and have a free slot: those that stand highest, of equals the longest unused. */
  candidates(demand: Demand, limit: number): IndexedAgent[] {
    const found: IndexedAgent[] = [];
    this.#watch(demand);
    const bucket = this.#smallest(demand, (one) => one.freeCount);
    if (bucket === undefined || bucket.freeCount === 0) return found;
    // Role and one skill are what the bucket stands for.
    const isCertain = demand.skills.length < 2 && welcomesAll(demand);
    for (let level = LEVELS; level >= 1; level -= 1) {
      const queue = bucket.free[level];
      for (let stand = queue?.first; stand !== undefined; stand = queue?.next(stand)) {
        const { agent } = stand;
        if (agent === undefined || (!isCertain && !canDo(agent, demand))) continue;
        found.push(agent);
        if (found.length >= limit) return found;
      }
    }
    return found;
  }

  /** Every agent that can do it, free or not, of whatever status. */
  *able(demand: Demand): Generator<IndexedAgent> {
    this.#watch(demand);
    for (const agent of this.#smallest(demand, (one) => one.all.size)?.all ?? []) {
      if (canDo(agent, demand)) yield agent;
    }
  }

  /** How many agents are no candidates and why, from what is counted anyway: costs the same in a fleet of any size. */
  passedOver({ role, skills, labels = [], avoid = [], otherThan }: Demand): PassedOver {
    const counts: PassedOver = {};
    const ofRole = role === undefined ? this.size : this.#sizeOf(roleKey(role));
    if (ofRole < this.size) counts.other_role = this.size - ofRole;
    let rarest = this.#buckets.get(role === undefined ? ANY : roleKey(role));
    for (const skill of skills) {
      const skilled = this.#buckets.get(skillKey(role, skill));
      const lacking = ofRole - (skilled?.all.size ?? 0);
      if (lacking > 0) {
        counts.missing_skill ??= {};
        counts.missing_skill[skill] = lacking;
      }
      if (skilled === undefined || rarest === undefined || skilled.all.size < rarest.all.size)
        rarest = skilled;
    }
    for (const label of labels)
      counts.affinity = Math.max(counts.affinity ?? 0, this.size - this.#sizeOf(labelKey(label)));
    for (const label of avoid)
      counts.anti_affinity = Math.max(counts.anti_affinity ?? 0, this.#sizeOf(labelKey(label)));
    if (otherThan !== undefined && this.#agents.has(otherThan)) counts.excluded = 1;
    if (rarest === undefined) return counts;
    const { all, alive, resting, freeCount } = rarest;
    if (alive < all.size) counts.not_alive = all.size - alive;
    if (resting > 0) counts.resting = resting;
    if (alive - resting > freeCount) counts.no_free_slot = alive - resting - freeCount;
    return counts;
  }

  #sizeOf(key: string): number {
    return this.#buckets.get(key)?.all.size ?? 0;
  }

  #smallest(demand: Demand, sizeOf: (bucket: Bucket) => number): Bucket | undefined {
    let smallest: Bucket | undefined;
    for (const key of this.#demandKeys(demand)) {
      const bucket = this.#buckets.get(key);
      if (bucket === undefined) return undefined;
      if (smallest === undefined || sizeOf(bucket) < sizeOf(smallest)) smallest = bucket;
    }
    return smallest;
  }

  *#demandKeys({ role, skills, labels }: Demand): Generator<string> {
    if (skills.length === 0) yield role === undefined ? ANY : roleKey(role);
    for (const skill of skills) yield skillKey(role, skill);
    for (const label of labels ?? []) {
      const key = labelKey(label);
      if (this.#watched.has(key)) yield key;
    }
  }

  /** Gives the labels of a demand buckets, if they have none yet: one look at all agents per label, once. */
  #watch({ labels, avoid }: Demand): void {
    if (labels === undefined && avoid === undefined) return;
    for (const label of [...(labels ?? []), ...(avoid ?? [])]) {
      const key = labelKey(label);
      if (this.#watched.has(key) || this.#watched.size >= WATCHED_MAX) continue;
      this.#watched.add(key);
      for (const agent of this.#agents.values()) {
        if (!hasLabel(agent, label)) continue;
        this.#leave(agent);
        this.#enter(agent);
      }
    }
  }

  /** Whether two records of an agent belong in the same buckets of labels. */
  #sameWatched(before: AgentRecord, after: AgentRecord): boolean {
    if (this.#watched.size === 0) return true;
    const keys = this.#watchedOf(after);
    const had = this.#watchedOf(before);
    return had.length === keys.length && had.every((key) => keys.includes(key));
  }

  #watchedOf({ labels }: AgentRecord): string[] {
    if (this.#watched.size === 0) return [];
    return Object.entries(labels)
      .map(labelKey)
      .filter((key) => this.#watched.has(key));
  }

  #enter(agent: IndexedAgent): void {
    const labels = this.#watchedOf(agent.record).map((key): BucketName => ({ key }));
    const buckets = [...bucketsOf(agent), ...labels].map((name) => {
      let bucket = this.#buckets.get(name.key);
      if (bucket === undefined) {
        bucket = newBucket(name);
        this.#buckets.set(name.key, bucket);
      }
      bucket.all.add(agent);
      return bucket;
    });
    const levels = buckets.map(() => 0);
    const stands = buckets.map(() => newStand(agent));
    this.#places.set(agent.id, { buckets, stands, levels, free: 0, alive: false, resting: false });
    this.#place(agent);
  }

  #leave(agent: IndexedAgent): void {
    const place = this.#places.get(agent.id);
    if (place === undefined) return;
    this.#count(place, 0);
    this.#stand(agent, place, false);
    judge(place, false, false);
    this.#places.delete(agent.id);
    for (const bucket of place.buckets) {
      bucket.all.delete(agent);
      if (bucket.all.size === 0) this.#buckets.delete(bucket.key);
    }
  }

  #noteTime({ record }: Pick<IndexedAgent, 'record'>, change: 1 | -1): void {
    const { avg_completion_time: seconds } = record.performance;
    if (seconds <= 0) return;
    this.#times.sum += change * seconds;
    this.#times.count += change;
  }

  #place(agent: IndexedAgent, used = false): void {
    // It was removed while an assignment was on its way to it; another one may stand here under its id.
    if (this.#agents.get(agent.id) !== agent) return;
    const place = this.#places.get(agent.id);
    if (place === undefined) return;
    const alive = mayTakeTasks(agent.record.status);
    judge(place, alive, alive && !agent.usable);
    this.#count(place, freeSlots(agent));
    this.#stand(agent, place, used);
  }

  #count(place: Place, free: number): void {
    this.#freeSlots += free - place.free;
    place.free = free;
  }

  /** Puts the agent where it belongs in each of its buckets; one that was used goes behind the others of its level. */
  #stand(agent: IndexedAgent, place: Place, used: boolean): void {
    const { sum, count } = this.#times;
    const standard = { routing: this.#routing, usualSeconds: count === 0 ? 0 : sum / count };
    const wasFree = place.levels[0] !== 0;
    const isFree = place.free > 0;
    for (const [at, bucket] of place.buckets.entries()) {
      const before = place.levels[at] ?? 0;
      const level = isFree ? levelOf(agent, bucket.skill, standard) : 0;
      if (level === before && !used) continue;
      const stand = place.stands[at];
      if (stand === undefined) continue;
      leave(stand);
      if (level > 0) {
        bucket.free[level] ??= new QueueOfAgents();
        bucket.free[level].join(stand);
      }
      bucket.freeCount += Number(level > 0) - Number(before > 0);
      place.levels[at] = level;
    }
    this.#freeAgents += Number(isFree) - Number(wasFree);
  }
}
