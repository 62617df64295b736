// Checks, by trying, the behaviour of the server that this package relies on. Behaviour decides, not the version.
import { randomUUID } from 'node:crypto';
import type { Broker } from './broker.ts';
import { errorText, ProbeFailedError } from './errors.ts';
import { asEntries, asHash, asList, asNumber, asStreamEntries, asString, asStrings } from './replies.ts';
import { defineScript } from './script.ts';

export interface ProbeCheck {
  readonly name: string;
  readonly ok: boolean;
  /** What was found. */
  readonly detail: string;
}

export interface ProbeResult {
  readonly kind: string;
  readonly version: string;
  readonly checks: readonly ProbeCheck[];
}

const script = defineScript({
  name: 'probe',
  file: new URL('./scripts/probe.lua', import.meta.url),
  parse: asStrings,
});

const SCRATCH = ['set', 'trim', 'missing', 'lease', 'wake'];

/** A check works on scratch keys below `key`, and returns what it found; it throws if that is wrong. */
type Check = (broker: Broker, key: string) => Promise<string>;

function expectEqual(what: string, found: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: found ${a}, expected ${b}`);
}

const CHECKS: Readonly<Record<string, Check>> = {
  async 'group-from-the-beginning'(broker, key) {
    await broker.batch([
      ['XADD', key, '1-1', 'm', 'a'],
      ['XADD', key, '1-2', 'm', 'b'],
      ['XGROUP', 'CREATE', key, 'probe', '0', 'MKSTREAM'],
    ]);
    const read = await broker.call('XREADGROUP', 'GROUP', 'probe', 'one', 'COUNT', 10, 'STREAMS', key, '>');
    expectEqual(
      'entries read',
      asStreamEntries(read)[0]?.entries.map(({ id }) => id),
      ['1-1', '1-2'],
    );
    expectEqual('acknowledged', asNumber(await broker.call('XACK', key, 'probe', '1-1', '9-9')), 1);
    return 'a group created at 0 reads and acknowledges what was there before';
  },
  async 'own-pending-read'(broker, key) {
    const read = await broker.call('XREADGROUP', 'GROUP', 'probe', 'one', 'COUNT', 10, 'STREAMS', key, '0');
    expectEqual('pending entries', asStreamEntries(read)[0]?.entries, [{ id: '1-2', fields: { m: 'b' } }]);
    const rows = asList(await broker.call('XPENDING', key, 'probe', '1-2', '1-2', 1, 'one'));
    expectEqual('deliveries', asNumber(asList(rows[0])[3]), 2);
    return 'a consumer reads what is pending for it, and how often it was delivered';
  },
  async 'script-on-one-tag'(broker, key) {
    await broker.call('XADD', key, '1-3', 'm', 'c');
    const [timeMs, owner, read, members] = await broker.run(script, {
      keys: [key, `${key}:set`],
      args: ['1-2'],
    });
    expectEqual('owner of a pending entry', owner, 'one');
    expectEqual('entries read in the script', Number(read), 1);
    expectEqual('members of the set', Number(members), 1);
    if (!(Math.abs(Number(timeMs) - broker.serverNowMs()) < 60_000))
      throw new Error(`TIME answered ${timeMs}`);
    return 'a script reads the clock, the pending entries and new ones';
  },
  async 'claims-count-deleted-entries'(broker, key) {
    await broker.call('XDEL', key, '1-2');
    const reply = await broker.call('XAUTOCLAIM', key, 'probe', 'heir', 0, '0-0', 'COUNT', 10);
    const [cursor, claimed, deleted] = asList(reply);
    expectEqual('cursor', asString(cursor), '0-0');
    const living = asEntries(claimed).filter(({ fields }) => Object.keys(fields).length > 0);
    expectEqual(
      'claimed',
      living.map(({ id }) => id),
      ['1-3'],
    );
    expectEqual('deleted', asStrings(deleted), ['1-2']);
    return 'XAUTOCLAIM follows its cursor and tells what was deleted';
  },
  async 'exact-trimming'(broker, key) {
    const stream = `${key}:trim`;
    await broker.batch(['2-1', '2-2', '2-3'].map((id) => ['XADD', stream, id, 'm', id] as const));
    expectEqual('trimmed', asNumber(await broker.call('XTRIM', stream, 'MINID', '=', '2-2')), 1);
    const left = asEntries(await broker.call('XRANGE', stream, '-', '+'));
    expectEqual(
      'entries left',
      left.map(({ id }) => id),
      ['2-2', '2-3'],
    );
    return 'XTRIM MINID removes exactly what is older';
  },
  async 'no-stream-for-nobody'(broker, key) {
    const missing = `${key}:missing`;
    expectEqual('reply', await broker.call('XADD', missing, 'NOMKSTREAM', '*', 'm', 'x'), null);
    expectEqual('exists', asNumber(await broker.call('EXISTS', missing)), 0);
    return 'XADD NOMKSTREAM drops what nobody waits for';
  },
  async leases(broker, key) {
    const lease = `${key}:lease`;
    expectEqual('first', await broker.call('SET', lease, 'a', 'NX', 'PX', 60_000), 'OK');
    expectEqual('second', await broker.call('SET', lease, 'b', 'NX', 'PX', 60_000), null);
    return 'SET NX PX takes a free lease only';
  },
  async 'blocked-read-wakes'(broker, key) {
    const reader = broker.openReader('probe');
    try {
      const waiting = reader.read('XREAD', ['BLOCK', 1000, 'STREAMS', `${key}:wake`, '0'], 1000);
      const added = broker.call('XADD', `${key}:wake`, '1-1', 'm', 'x');
      const [reply] = await Promise.all([waiting, added]);
      expectEqual('entries', asStreamEntries(reply)[0]?.entries.length, 1);
      return 'a blocked read wakes when an entry comes';
    } finally {
      await reader.close();
    }
  },
  async 'no-eviction'(broker) {
    let config: Record<string, string>;
    try {
      const replies = await broker.batch([
        ['CONFIG', 'GET', 'maxmemory-policy'],
        ['CONFIG', 'GET', 'cache_mode'],
      ]);
      config = { ...asHash(replies[0]), ...asHash(replies[1]) };
    } catch (error) {
      return `not told by the server (${errorText(error)})`;
    }
    const policy = config['maxmemory-policy'] ?? 'noeviction';
    if (policy !== 'noeviction') throw new Error(`maxmemory-policy is '${policy}', set it to 'noeviction'`);
    if (/^(true|yes|1)$/.test(config.cache_mode ?? '')) throw new Error('cache_mode is on, start without it');
    return 'the server refuses writes when it is full and evicts nothing';
  },
};

/** Runs every check on scratch keys of their own. Rejects only if the broker is gone. */
export async function probeServer(broker: Broker): Promise<ProbeResult> {
  const key = `{streams-probe-${randomUUID()}}:stream`;
  const checks: ProbeCheck[] = [];
  try {
    for (const [name, check] of Object.entries(CHECKS)) {
      try {
        checks.push({ name, ok: true, detail: await check(broker, key) });
      } catch (error) {
        checks.push({ name, ok: false, detail: errorText(error) });
      }
    }
  } finally {
    await broker.call('DEL', key, ...SCRATCH.map((suffix) => `${key}:${suffix}`)).catch(() => {});
  }
  const { kind, version } = broker.status();
  return { kind, version, checks };
}

/** Probes the server; throws ProbeFailedError naming the first check it fails. */
export async function assertServerUsable(broker: Broker): Promise<ProbeResult> {
  const result = await probeServer(broker);
  const failed = result.checks.find(({ ok }) => !ok);
  if (failed) throw new ProbeFailedError(failed.name, failed.detail);
  return result;
}
