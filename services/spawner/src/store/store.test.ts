import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCRIPT_HEADER_PARTS } from '@nova-torch/streams';
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

  it('is changed by scripts with a contract', () => {
    const scripts = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.lua'));
    expect(scripts).toHaveLength(4);
    for (const name of scripts) {
      const source = readFileSync(join(import.meta.dirname, name), 'utf8');
      expect(source.startsWith(`-- ${name.replace('.lua', '')}\n`)).toBe(true);
      for (const part of SCRIPT_HEADER_PARTS) expect(source).toContain(`-- ${part}: `);
    }
  });
});
