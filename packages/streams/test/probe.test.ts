import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertServerUsable, type Broker, openBroker, ProbeFailedError, probeServer } from '../src/index.ts';
import { parseServerInfo } from '../src/server-info.ts';
import { startTestServer, type TestServer } from './support/redis-server.ts';

describe('probe', () => {
  let server: TestServer;
  let broker: Broker;

  beforeAll(async () => {
    server = await startTestServer();
    broker = await openBroker({ url: server.url, name: 'test' });
  });
  afterAll(async () => {
    await broker.close();
    await server.stop();
  });

  it('accepts a server that behaves, and leaves nothing on it', async () => {
    const { kind, version, checks } = await assertServerUsable(broker);
    expect([kind, version]).toEqual(['redis', expect.stringMatching(/^\d+\.\d+/)]);
    expect(checks.length).toBeGreaterThan(7);
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(await broker.call('DBSIZE')).toBe(0);
  });

  it('refuses a server that evicts, by the name of the check', async () => {
    await broker.call('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    const failed = (await probeServer(broker)).checks.filter(({ ok }) => !ok);
    expect(failed).toMatchObject([{ name: 'no-eviction', detail: expect.stringContaining('noeviction') }]);
    await expect(assertServerUsable(broker)).rejects.toThrow(ProbeFailedError);
    await expect(assertServerUsable(broker)).rejects.toMatchObject({ check: 'no-eviction' });
    await broker.call('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  });

  it('refuses a server without a command it needs', async () => {
    const user = [
      'ACL',
      'SETUSER',
      'limited',
      'on',
      'nopass',
      '~*',
      '+@all',
      '-xautoclaim',
      '-config',
    ] as const;
    await broker.call(...user);
    const limited = await openBroker({ url: server.url.replace('//', '//limited:x@'), name: 'limited' });
    const failed = (await probeServer(limited)).checks.filter(({ ok }) => !ok);
    expect(failed).toMatchObject([
      { name: 'claims-count-deleted-entries', detail: expect.stringMatching(/NOPERM/) },
    ]);
    await limited.close();
  });
});

it('tells the servers apart by their INFO', () => {
  expect(
    parseServerInfo('# Server\r\nredis_version:7.4.0\r\ndragonfly_version:df-v2.0.1\r\nrun_id:a\r\n'),
  ).toEqual({
    kind: 'dragonfly',
    version: '2.0.1',
    runId: 'a',
  });
  expect(parseServerInfo('redis_version:7.2.4\nserver_name:valkey\nvalkey_version:8.1.0\nrun_id:b')).toEqual({
    kind: 'valkey',
    version: '8.1.0',
    runId: 'b',
  });
  expect(parseServerInfo('redis_version:7.0.15')).toEqual({ kind: 'redis', version: '7.0.15', runId: '' });
});
