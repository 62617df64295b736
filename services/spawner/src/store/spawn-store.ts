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
import { isLive, StoredSpawn } from '../domain/spawn.ts';
import type { SpawnerKeys } from './keys.ts';

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

/** The spawner's records in the broker. `sender` signs what the scripts publish. */
export function createSpawnStore(deps: {
  broker: Broker;
  keys: SpawnerKeys;
  streams: StreamKeys;
  sender: string;
}): SpawnStore {
  const { broker, keys, streams, sender } = deps;
  const fields = (target: string) => ({ sender, target, nowMs: broker.serverNowMs() });
  const changed = ({ record }: StoredSpawn): string =>
    JSON.stringify(newMessage(SpawnChangedV1, { spawn: record }, fields('feed')));
  const get = async (spawnId: string): Promise<StoredSpawn | undefined> => {
    const body = asHash(await broker.call('HGETALL', keys.spawn(spawnId)))?.body;
    return body === undefined ? undefined : parseSpawn(body);
  };
  const getAll = async (spawnIds: readonly string[]): Promise<StoredSpawn[]> => {
    if (spawnIds.length === 0) return [];
    const bodies = asStrings(
      await broker.batch(spawnIds.map((id) => ['HGET', keys.spawn(id), 'body'] as const)),
    );
    return bodies.filter((body) => body !== '').map(parseSpawn);
  };

  return {
    begin(spawn, { totalMax, templateMax }) {
      const { record, owner, version } = spawn;
      const { spawn_id, agent_id, template, state } = record;
      return broker.run(beginSpawn, {
        keys: [
          keys.spawn(spawn_id),
          keys.spawns,
          keys.live,
          keys.liveOfTemplate(template),
          keys.liveOfOwner(owner),
          keys.agents,
          streams.agentsScaling,
        ],
        args: [
          spawn_id,
          agent_id,
          version,
          state,
          JSON.stringify(spawn),
          totalMax,
          templateMax,
          changed(spawn),
        ],
      });
    },
    get,
    async findByAgent(agentId) {
      const spawnId = asString(await broker.call('HGET', keys.agents, agentId));
      return spawnId === '' ? undefined : get(spawnId);
    },
    change(current, next, drain) {
      const { record, owner } = next;
      const { spawn_id, agent_id, template, state } = record;
      const args: Arg[] = [spawn_id, current.version, next.version, state, JSON.stringify(next)];
      args.push(isLive(state) ? '' : (record.ended_at_ms ?? broker.serverNowMs()));
      args.push(state === current.record.state ? '' : changed(next));
      if (drain) {
        const { untilMs, reason } = drain;
        const message = newMessage(AgentDrainV1, { agent_id, reason, until_ms: untilMs }, fields(agent_id));
        args.push(
          JSON.stringify(message),
          JSON.stringify(newMessage(InboxRangV1, { agent_id }, fields('feed'))),
        );
      } else args.push('', '');
      return broker.run(changeSpawn, {
        keys: [
          keys.spawn(spawn_id),
          keys.live,
          keys.liveOfTemplate(template),
          keys.liveOfOwner(owner),
          keys.ended,
          streams.agentsScaling,
          streams.agentInbox(agent_id),
          streams.agentsDoorbell,
        ],
        args,
      });
    },
    async list(cursor, limit) {
      const from = cursor === undefined ? '+' : `(${cursor}`;
      const ids = asStrings(
        await broker.call('ZREVRANGEBYLEX', keys.spawns, from, '-', 'LIMIT', 0, limit + 1),
      );
      const spawns = await getAll(ids.slice(0, limit));
      return { spawns, nextCursor: ids.length > limit ? ids[limit - 1] : undefined };
    },
    liveOf: async (owner) => asStrings(await broker.call('SMEMBERS', keys.liveOfOwner(owner))) as SpawnId[],
    countLive: async () => asNumber(await broker.call('SCARD', keys.live)),
    async forgetEndedBefore(untilMs, limit) {
      const ids = asStrings(
        await broker.call('ZRANGEBYSCORE', keys.ended, '-inf', untilMs, 'LIMIT', 0, limit),
      );
      let count = 0;
      for (const { record } of await getAll(ids)) {
        const { spawn_id, agent_id } = record;
        const forgotten = await broker.run(forgetSpawn, {
          keys: [keys.spawn(spawn_id), keys.spawns, keys.ended, keys.agents],
          args: [spawn_id, agent_id, untilMs],
        });
        if (forgotten) count += 1;
      }
      return count;
    },
    async claimOwner({ owner, holder, lostAfterMs, gone = '' }) {
      const other = await broker.run(claimOwner, {
        keys: [keys.owners, keys.ownerHolders],
        args: [owner, holder, broker.serverNowMs(), lostAfterMs, gone],
      });
      return other === '' ? undefined : other;
    },
    async holderOf(owner) {
      const holder = asString(await broker.call('HGET', keys.ownerHolders, owner));
      return holder === '' ? undefined : holder;
    },
    async ownersSilentSince(beforeMs) {
      return asStrings(
        await broker.call('ZRANGEBYSCORE', keys.owners, '-inf', `(${beforeMs}`, 'LIMIT', 0, 100),
      );
    },
    async forgetOwner(owner) {
      await broker.batch([
        ['ZREM', keys.owners, owner],
        ['HDEL', keys.ownerHolders, owner],
      ]);
    },
  };
}

function parseSpawn(body: string): StoredSpawn {
  return StoredSpawn.parse(JSON.parse(body));
}
