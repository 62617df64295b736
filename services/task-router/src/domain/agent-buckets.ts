// The buckets of the index of agents: who has a role, a skill, a label, and which of them are free; and who is on a host.
import type { IndexedAgent } from './indexed-agent.ts';
import type { QueueOfAgents, Stand } from './queue-of-agents.ts';
import { LEVELS } from './standing.ts';
import type { Label } from './waiting.ts';

export const ANY = '*';

export interface Bucket {
  readonly key: string;
  /** The skill its agents share, if that is what they share. */
  readonly skill: string | undefined;
  readonly all: Set<IndexedAgent>;
  /** Those with a free slot by their level in this bucket, in the order they were used in; there is no level 0. */
  readonly free: (QueueOfAgents | undefined)[];
  freeCount: number;
  /** How many of `all` may take tasks, and how many of those are not usable. */
  alive: number;
  resting: number;
}

/** Where an agent stands in the index. */
export interface Place {
  readonly buckets: readonly Bucket[];
  /** Its stand in each of them. */
  readonly stands: readonly Stand[];
  /** In the free lists of its buckets, of each; 0 is none. */
  readonly levels: number[];
  /** Free slots, as counted in `freeSlots`. */
  free: number;
  alive: boolean;
  resting: boolean;
}

export interface BucketName {
  readonly key: string;
  readonly skill?: string;
}

/** A bucket nobody stands in yet. */
export const newBucket = ({ key, skill }: BucketName): Bucket => ({
  key,
  skill,
  all: new Set(),
  free: new Array(LEVELS + 1).fill(undefined),
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

/** The buckets an agent stands in, but those of labels. */
export function* bucketsOf({ record, skills }: IndexedAgent): Generator<BucketName> {
  yield { key: ANY };
  yield { key: roleKey(record.role) };
  for (const skill of skills.keys()) {
    yield { key: skillKey(undefined, skill), skill };
    yield { key: skillKey(record.role, skill), skill };
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
