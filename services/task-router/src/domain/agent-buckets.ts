// The buckets of the index of agents: who has a role, a skill, a label, and which of them are free; and who is on a host.
import type { IndexedAgent } from './agent-index.ts';
import type { Label } from './waiting.ts';

export const SHARE_LEVELS = 8;
export const ANY = '*';

export interface Bucket {
  readonly key: string;
  readonly all: Set<IndexedAgent>;
  readonly free: readonly Set<IndexedAgent>[];
  freeCount: number;
  /** How many of `all` may take tasks, and how many of those are not usable. */
  alive: number;
  resting: number;
}

/** Where an agent stands in the index. */
export interface Place {
  readonly buckets: readonly Bucket[];
  /** In the free lists of its buckets; 0 is none. */
  level: number;
  /** Free slots, as counted in `freeSlots`. */
  free: number;
  alive: boolean;
  resting: boolean;
}

/** A bucket nobody stands in yet. */
export const newBucket = (key: string): Bucket => ({
  key,
  all: new Set(),
  free: Array.from({ length: SHARE_LEVELS + 1 }, () => new Set()),
  freeCount: 0,
  alive: 0,
  resting: 0,
});

/** Keeps the counts of the buckets an agent stands in. */
export function judge(place: Place, alive: boolean, resting: boolean): void {
  if (place.alive === alive && place.resting === resting) return;
  for (const bucket of place.buckets) {
    bucket.alive += Number(alive) - Number(place.alive);
    bucket.resting += Number(resting) - Number(place.resting);
  }
  place.alive = alive;
  place.resting = resting;
}

export const roleKey = (role: string): string => `role ${role}`;
export const skillKey = (role: string | undefined, skill: string): string =>
  role === undefined ? `skill ${skill}` : `role ${role} skill ${skill}`;
export const labelKey = ([name, value]: Label): string => `label ${JSON.stringify(name)} ${value}`;

/** Keys of the buckets an agent stands in, but those of labels. */
export function* agentKeys({ record, skills }: IndexedAgent): Generator<string> {
  yield ANY;
  yield roleKey(record.role);
  for (const skill of skills.keys()) {
    yield skillKey(undefined, skill);
    yield skillKey(record.role, skill);
  }
}

/** Which agents are on which host. */
export class AgentsByHost {
  readonly #hosts = new Map<string, Set<IndexedAgent>>();

  on(host: string): ReadonlySet<IndexedAgent> {
    return this.#hosts.get(host) ?? NOBODY;
  }

  enter(agent: IndexedAgent): void {
    const { host } = agent.record;
    const agents = this.#hosts.get(host) ?? new Set();
    this.#hosts.set(host, agents.add(agent));
  }

  leave(agent: IndexedAgent): void {
    const { host } = agent.record;
    const agents = this.#hosts.get(host);
    agents?.delete(agent);
    if (agents?.size === 0) this.#hosts.delete(host);
  }
}

const NOBODY: ReadonlySet<IndexedAgent> = new Set();
