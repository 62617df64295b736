import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkConformance, conformanceTable } from '../src/conformance.ts';
import { type Broker, openBroker } from '../src/index.ts';
import { startTestServer, type TestServer } from './support/redis-server.ts';

describe('conformance', () => {
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

  it('fails a server that lacks what is relied on, case by case, and leaves a stranger’s keys alone', async () => {
    await broker.call('SET', 'of somebody else', '1');
    const without = ['-xautoclaim', '-xtrim', '-multi', '-config'];
    await broker.call('ACL', 'SETUSER', 'limited', 'on', 'nopass', '~*', '+@all', ...without);
    const report = await checkConformance({ url: server.url.replace('//', '//limited:secret@') });
    const named = (verdict: string) =>
      report.rows.filter((row) => row.verdict === verdict).map(({ name }) => name);
    expect(named('failed')).toEqual([
      'claims-count-deleted-entries',
      'exact-trimming',
      'COUNT on a blocked wake-up',
      'XAUTOCLAIM to the end',
      'a missing group is told',
      'MULTI with stream writes',
      'scripts on one tag',
      'what a dead consumer held is taken over',
      'an unknown name takes nothing from others',
      'trimming loses nothing unacknowledged',
      'a question is answered, and one to nobody ends',
    ]);
    expect(named('skipped')).toEqual(['FLUSHALL in the middle']);
    const table = conformanceTable(report);
    expect(table).toContain('11 failed, 1 skipped');
    expect(table).not.toContain('secret');
    expect(await broker.call('KEYS', '*')).toEqual(['of somebody else']);
  });
});
