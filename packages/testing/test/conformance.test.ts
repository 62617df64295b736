import { conformanceTable } from '@nova-torch/streams/conformance';
import { describe, expect, it } from 'vitest';
import { knownServers, parseServers, type ServerChoice, testServer } from '../src/index.ts';

const nameOf = (choice: ServerChoice): string => (choice.kind === 'url' ? choice.url : choice.name);

describe('conformance', () => {
  for (const choice of knownServers(process.env)) {
    it(`${nameOf(choice)} does what we rely on`, async (test) => {
      const result = await testServer(choice, process.env);
      if (result.kind === 'not_tested') return test.skip(`not tested: ${result.why}`);
      const { report } = result;
      expect(report.rows.filter(({ verdict }) => verdict === 'failed')).toEqual([]);
      expect(report.rows.length).toBeGreaterThan(30);
      // The keys of a server that is not ours stay.
      const skipped = report.rows.filter(({ verdict }) => verdict === 'skipped').map((row) => row.name);
      expect(skipped).toEqual(choice.kind === 'url' ? ['FLUSHALL in the middle'] : []);
      expect(conformanceTable(report)).toMatch(/^\w+ [\w.-]+ at rediss?:\/\/[^\n]*: \d+ passed, 0 failed/);
    });
  }

  it('says of a server that is not here that it is not tested', async () => {
    const named = parseServers('dragonfly, no-such-server, /nowhere/valkey-server, redis://127.0.0.1:1');
    const nowhere = { ...process.env, PATH: '/nowhere' };
    expect(named).toHaveLength(4);
    for (const choice of named) {
      expect(await testServer(choice, nowhere)).toMatchObject({
        kind: 'not_tested',
        why: expect.any(String),
      });
    }
  });

  it('names each server once', () => {
    const list = 'redis-server, docker,,/opt/df/dragonfly, redis://10.0.0.7:6379';
    const named = knownServers({ NOVA_TEST_BROKERS: list });
    const further = ['docker', '/opt/df/dragonfly', 'redis://10.0.0.7:6379'];
    expect(named.map(nameOf)).toEqual(['redis', 'valkey', 'dragonfly', ...further]);
  });
});
