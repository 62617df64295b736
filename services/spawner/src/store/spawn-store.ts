import {
  AgentDrainV1,
  type AgentId,
  InboxRangV1,
  newMessage,
  SpawnChangedV1,
  type SpawnId,
  type StreamKeys,
} from '@nova-torch/protocol';
import {
  type Arg,
  asHash,
  asList,
  asNumber,
  asString,
  asStrings,
  type Broker,
  defineScript,
} from '@nova-torch/streams';
import type { SpawnCounts, SpawnLimits } from '../domain/limits.ts';
import { isLive, type StoredSpawn } from '../domain/spawn.ts';
import type { SpawnerKeys } from './keys.ts';
import { parseSpawn } from './stored-spawn.ts';

const beginSpawn = defineScript({
  name: 'begin-spawn',
  file: new URL('./begin-spawn.lua', import.meta.url),
  parse: (reply): BeginResult => {
    const [kind, first, second] = asList(reply);
    switch (asString(kind)) {
      case 'created':
        return { kind: 'created' };
      case 'exists':
        return { kind: 'exists', spawn: parseSpawn(asString(first)) };
      default:
        return { kind: 'limit', counts: { liveTotal: asNumber(first), liveOfTemplate: asNumber(second) } };
    }
  },
});
const changeSpawn = defineScript({
  name: 'change-spawn',
  file: new URL('./change-spawn.lua', import.meta.url),
  parse: (reply) => asNumber(reply) === 1,
});
const forgetSpawn = defineScript({
  name: 'forget-spawn',
  file: new URL('./forget-spawn.lua', import.meta.url),
  parse: (reply) => asNumber(reply) === 1,
});
const claimOwner = defineScript({
  name: 'claim-owner',
  file: new URL('./claim-owner.lua', import.meta.url),
  parse: asString,
});

const OWNERS_AT_ONCE = 100;

export type BeginResult =
  | { readonly kind: 'created' }
  | { readonly kind: 'exists'; readonly spawn: StoredSpawn }
  | { readonly kind: 'limit'; readonly counts: SpawnCounts };

export interface SpawnPage {
  readonly spawns: readonly StoredSpawn[];
  readonly nextCursor: string | undefined;
}

export interface SpawnStore {
  /** Stores a new spawn if the limits allow it and its id is unknown. */
  begin(spawn: StoredSpawn, limits: SpawnLimits): Promise<BeginResult>;
  get(spawnId: SpawnId): Promise<StoredSpawn | undefined>;
  findByAgent(agentId: AgentId): Promise<StoredSpawn | undefined>;
  /**
   * Stores `next`, decided from `current`; false when somebody was faster: read again and decide again. A change of
   * state goes to the feed. `drain` is written to the agent's inbox in the same step.
   */
  change(
    current: StoredSpawn,
    next: StoredSpawn,
    drain?: { untilMs: number; reason: string },
  ): Promise<boolean>;
  /** Newest first; `cursor` is a page's `nextCursor`. */
  list(cursor: string | undefined, limit: number): Promise<SpawnPage>;
  /** Spawn ids of an owner that have not ended. */
  liveOf(owner: string): Promise<readonly SpawnId[]>;
  countLive(): Promise<number>;
  /** Removes records that ended before, oldest first, at most `limit`. Returns how many. */
  forgetEndedBefore(untilMs: number, limit: number): Promise<number>;
  /** Claims or renews a home; returns the JSON of the spawner that has it, or undefined when it is ours. */
  claimOwner(claim: OwnerClaim): Promise<string | undefined>;
  holderOf(owner: string): Promise<string | undefined>;
  /** Owners whose spawner was last heard of before. */
  ownersSilentSince(beforeMs: number): Promise<readonly string[]>;
  /** Removes an owner that has no live spawns. */
  forgetOwner(owner: string): Promise<void>;
}

export interface OwnerClaim {
  readonly owner: string;
  readonly holder: string;
  readonly lostAfterMs: number;
  /** The holder that is proven to be gone. */
  readonly gone: string | undefined;
}

/** What the store is made of; `sender` signs what its scripts publish. */
export interface SpawnStoreDeps {
  readonly broker: Broker;
  readonly keys: SpawnerKeys;
  readonly streams: StreamKeys;
  readonly sender: string;
}

/** The spawner's records in the broker. */
export const createSpawnStore = (deps: SpawnStoreDeps): SpawnStore => new BrokerSpawnStore(deps);

class BrokerSpawnStore implements SpawnStore {
  readonly #broker: Broker;
  readonly #keys: SpawnerKeys;
  readonly #streams: StreamKeys;
  readonly #sender: string;

  constructor({ broker, keys, streams, sender }: SpawnStoreDeps) {
    this.#broker = broker;
    this.#keys = keys;
    this.#streams = streams;
    this.#sender = sender;
  }

  begin(spawn: StoredSpawn, { totalMax, templateMax }: SpawnLimits): Promise<BeginResult> {
    const { record, owner, version } = spawn;
    const { spawn_id, agent_id, template, state } = record;
    const keys = this.#keys;
    return this.#broker.run(beginSpawn, {
      keys: [
        keys.spawn(spawn_id),
        keys.spawns,
        keys.live,
        keys.liveOfTemplate(template),
        keys.liveOfOwner(owner),
        keys.agents,
        this.#streams.agentsScaling,
      ],
      args: [
        ...[spawn_id, agent_id, version, state, JSON.stringify(spawn)],
        ...[totalMax, templateMax, this.#changed(spawn)],
      ],
    });
  }

  async get(spawnId: SpawnId): Promise<StoredSpawn | undefined> {
    const body = asHash(await this.#broker.call('HGETALL', this.#keys.spawn(spawnId)))?.body;
    return body === undefined ? undefined : parseSpawn(body);
  }

  async findByAgent(agentId: AgentId): Promise<StoredSpawn | undefined> {
    const spawnId = asString(await this.#broker.call('HGET', this.#keys.agents, agentId));
    return spawnId === '' ? undefined : this.get(spawnId as SpawnId);
  }

  change(
    current: StoredSpawn,
    next: StoredSpawn,
    drain?: { untilMs: number; reason: string },
  ): Promise<boolean> {
    const { record, owner } = next;
    const { spawn_id, agent_id, template, state } = record;
    const endedAtMs = isLive(state) ? '' : (record.ended_at_ms ?? this.#broker.serverNowMs());
    const event = state === current.record.state ? '' : this.#changed(next);
    const keys = this.#keys;
    return this.#broker.run(changeSpawn, {
      keys: [
        keys.spawn(spawn_id),
        keys.live,
        keys.liveOfTemplate(template),
        keys.liveOfOwner(owner),
        keys.ended,
        this.#streams.agentsScaling,
        this.#streams.agentInbox(agent_id),
        this.#streams.agentsDoorbell,
      ],
      args: [
        ...[spawn_id, current.version, next.version, state, JSON.stringify(next), endedAtMs, event],
        ...(drain ? this.#drainMessages(agent_id, drain) : ['', '']),
      ],
    });
  }

  async list(cursor: string | undefined, limit: number): Promise<SpawnPage> {
    const from = cursor === undefined ? '+' : `(${cursor}`;
    const ids = asStrings(
      await this.#broker.call('ZREVRANGEBYLEX', this.#keys.spawns, from, '-', 'LIMIT', 0, limit + 1),
    );
    const spawns = await this.#getAll(ids.slice(0, limit));
    return { spawns, nextCursor: ids.length > limit ? ids[limit - 1] : undefined };
  }

  async liveOf(owner: string): Promise<readonly SpawnId[]> {
    return asStrings(await this.#broker.call('SMEMBERS', this.#keys.liveOfOwner(owner))) as SpawnId[];
  }

  async countLive(): Promise<number> {
    return asNumber(await this.#broker.call('SCARD', this.#keys.live));
  }

  async forgetEndedBefore(untilMs: number, limit: number): Promise<number> {
    const keys = this.#keys;
    const ids = asStrings(
      await this.#broker.call('ZRANGEBYSCORE', keys.ended, '-inf', untilMs, 'LIMIT', 0, limit),
    );
    let count = 0;
    for (const { record } of await this.#getAll(ids)) {
      const { spawn_id, agent_id } = record;
      const forgotten = await this.#broker.run(forgetSpawn, {
        keys: [keys.spawn(spawn_id), keys.spawns, keys.ended, keys.agents],
        args: [spawn_id, agent_id, untilMs],
      });
      if (forgotten) count += 1;
    }
    return count;
  }

  async claimOwner({ owner, holder, lostAfterMs, gone = '' }: OwnerClaim): Promise<string | undefined> {
    const other = await this.#broker.run(claimOwner, {
      keys: [this.#keys.owners, this.#keys.ownerHolders],
      args: [owner, holder, this.#broker.serverNowMs(), lostAfterMs, gone],
    });
    return other === '' ? undefined : other;
  }

  async holderOf(owner: string): Promise<string | undefined> {
    const holder = asString(await this.#broker.call('HGET', this.#keys.ownerHolders, owner));
    return holder === '' ? undefined : holder;
  }

  async ownersSilentSince(beforeMs: number): Promise<readonly string[]> {
    const range = ['-inf', `(${beforeMs}`, 'LIMIT', 0, OWNERS_AT_ONCE];
    return asStrings(await this.#broker.call('ZRANGEBYSCORE', this.#keys.owners, ...range));
  }

  async forgetOwner(owner: string): Promise<void> {
    await this.#broker.batch([
      ['ZREM', this.#keys.owners, owner],
      ['HDEL', this.#keys.ownerHolders, owner],
    ]);
  }

  async #getAll(spawnIds: readonly string[]): Promise<StoredSpawn[]> {
    if (spawnIds.length === 0) return [];
    const bodies = await this.#broker.batch(
      spawnIds.map((id) => ['HGET', this.#keys.spawn(id), 'body'] as const),
    );
    return asStrings(bodies)
      .filter((body) => body !== '')
      .map(parseSpawn);
  }

  #fields(target: string) {
    return { sender: this.#sender, target, nowMs: this.#broker.serverNowMs() };
  }

  #changed({ record }: StoredSpawn): string {
    return JSON.stringify(newMessage(SpawnChangedV1, { spawn: record }, this.#fields('feed')));
  }

  #drainMessages(agentId: AgentId, { untilMs, reason }: { untilMs: number; reason: string }): Arg[] {
    const drain = { agent_id: agentId, reason, until_ms: untilMs };
    return [
      JSON.stringify(newMessage(AgentDrainV1, drain, this.#fields(agentId))),
      JSON.stringify(newMessage(InboxRangV1, { agent_id: agentId }, this.#fields('feed'))),
    ];
  }
}
