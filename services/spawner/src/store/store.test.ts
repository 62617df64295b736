import { describe, expect, it } from 'vitest';
import { spawnerKeys } from './keys.ts';

describe('what the spawner owns in the broker', () => {
  it('has these names', () => {
    const keys = spawnerKeys(0);
    expect(keys.spawn('s')).toBe('{nova.torch}:spawner:spawn:s');
    expect(keys.liveOfTemplate('qa')).toBe('{nova.torch}:spawner:live:template:qa');
    expect(keys.liveOfOwner('h')).toBe('{nova.torch}:spawner:live:owner:h');
    const { spawns, live, ended, agents, owners, ownerHolders } = spawnerKeys(2);
    expect([spawns, live, ended, agents, owners, ownerHolders]).toEqual(
      ['spawns', 'live', 'ended', 'agents', 'owners', 'owner-holders'].map(
        (name) => `{nova.torch:2}:spawner:${name}`,
      ),
    );
  });
});
