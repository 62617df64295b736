import { ownedKeys } from '@nova-torch/protocol';

/** Every key the spawner owns. Nobody else reads or writes them. */
export interface SpawnerKeys {
  /** HASH: version, state, body (JSON of StoredSpawn). */
  spawn(spawnId: string): string;
  /** ZSET of all spawn ids, all scored 0: ids made later sort later. */
  readonly spawns: string;
  /** SET of the spawn ids that count against the total limit. */
  readonly live: string;
  /** SET of those that count against a template's limit. */
  liveOfTemplate(template: string): string;
  /** SET of those that one spawner home has to look after. */
  liveOfOwner(owner: string): string;
  /** ZSET of ended spawn ids by the time of their end, ms. */
  readonly ended: string;
  /** HASH: agent id → spawn id. */
  readonly agents: string;
  /** ZSET of spawner homes by the time their spawner was last heard of, ms. */
  readonly owners: string;
  /** HASH: spawner home → JSON of the spawner that has it. */
  readonly ownerHolders: string;
}

/** The keys of one partition: `{nova.torch}:spawner:…`. */
export function spawnerKeys(partition: number): SpawnerKeys {
  const prefix = ownedKeys(partition, 'spawner');
  return {
    spawn: (spawnId) => `${prefix}:spawn:${spawnId}`,
    spawns: `${prefix}:spawns`,
    live: `${prefix}:live`,
    liveOfTemplate: (template) => `${prefix}:live:template:${template}`,
    liveOfOwner: (owner) => `${prefix}:live:owner:${owner}`,
    ended: `${prefix}:ended`,
    agents: `${prefix}:agents`,
    owners: `${prefix}:owners`,
    ownerHolders: `${prefix}:owner-holders`,
  };
}
