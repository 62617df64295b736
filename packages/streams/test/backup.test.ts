import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  BackupDamagedError,
  BackupRefusedError,
  createBackup,
  restoreBackup,
  verifyBackup,
} from '../src/backup/index.ts';
import { asHash, asList, asNumber, type Broker, type Command, openBroker } from '../src/index.ts';
import { eventually, startTestServer, type TestServer } from './support/redis-server.ts';

let source: TestServer;
let target: TestServer;
let broker: Broker;
let other: Broker;
const directory = mkdtempSync(join(tmpdir(), 'nova-backup-'));
const file = join(directory, 'pool.backup');
const prefixes = ['{pool}'];
/** On a busy machine all takes longer; what is tested is that it is right. */
const PATIENT_MS = 20_000;

beforeAll(async () => {
  [source, target] = await Promise.all([startTestServer(), startTestServer()]);
  // Named otherwise than services are, so that the brokers do not count as in use.
  [broker, other] = await Promise.all([
    openBroker({ url: source.url, name: 'test', commandTimeoutMs: PATIENT_MS }),
    openBroker({ url: target.url, name: 'test', commandTimeoutMs: PATIENT_MS }),
  ]);
  await Promise.all([broker, other].map((each) => each.call('CLIENT', 'SETNAME', 'test')));
});

afterEach(async () => {
  await Promise.all([broker, other].map((each) => each.call('FLUSHALL')));
});

afterAll(async () => {
  await Promise.all([broker?.close(), other?.close()]);
  await Promise.all([source?.stop(), target?.stop()]);
  rmSync(directory, { recursive: true, force: true });
});

/** Of a reply that is a list of names and values, which are lists themselves. */
function fieldOf(reply: Parameters<typeof asList>[0], name: string) {
  const list = asList(reply);
  return list[list.indexOf(name) + 1];
}

const backup = () => createBackup({ url: source.url, file, prefixes, maxHoldMs: PATIENT_MS });
const restore = (options: { replace?: boolean } = {}) => restoreBackup({ url: target.url, file, ...options });

describe('backup and restore', () => {
  it('brings every type of key over, with its time to live', async () => {
    const members = Array.from({ length: 1203 }, (_, i) => `m${i}`);
    await broker.batch([
      ['SET', '{pool}:text', 'grüße \u2028 \n "x"'],
      ['SET', '{pool}:brief', 'x', 'PX', 100_000],
      ['HSET', '{pool}:hash', ...members.flatMap((member, i) => [member, i])],
      ['SADD', '{pool}:set', ...members],
      ['ZADD', '{pool}:zset', ...members.flatMap((member, i) => [i / 3, member])],
      ['ZADD', '{pool}:infinite', '-inf', 'a', '+inf', 'b', '1.7976931348623157e308', 'c'],
      ['RPUSH', '{pool}:list', ...members],
      ['SET', '{pooled}:other', 'not in it'],
    ]);
    const made = await backup();
    expect(made).toMatchObject({ keys: 7, items: 2 + 3 * 1203 + 3 + 1203, by_type: { string: 2, zset: 2 } });
    const { sha256 } = (await verifyBackup(file)).trailer;
    expect(sha256).toBe(made.sha256);
    expect(await restore()).toMatchObject({ keys: 7, expired: 0, replaced: 0, target: { kind: 'redis' } });
    for (const read of [
      ['GET', '{pool}:text'],
      ['ZRANGE', '{pool}:zset', 0, -1, 'WITHSCORES'],
      ['ZRANGE', '{pool}:infinite', 0, -1, 'WITHSCORES'],
      ['LRANGE', '{pool}:list', 0, -1],
      ['SCARD', '{pool}:set'],
      ['EXISTS', '{pool}:brief'],
    ] satisfies Command[])
      expect(await other.call(...(read as unknown as [string]))).toEqual(
        await broker.call(...(read as unknown as [string])),
      );
    expect(asHash(await other.call('HGETALL', '{pool}:hash'))).toEqual(
      asHash(await broker.call('HGETALL', '{pool}:hash')),
    );
    const [endsAt, endsAtThere] = await Promise.all([
      broker.call('PEXPIRETIME', '{pool}:brief'),
      other.call('PEXPIRETIME', '{pool}:brief'),
    ]);
    expect(Math.abs(asNumber(endsAt) - asNumber(endsAtThere))).toBeLessThan(1000);
    expect(await other.call('EXISTS', '{pooled}:other')).toBe(0);
  });

  it('brings bytes over that are no text', async () => {
    await broker.call(
      'EVAL',
      `redis.call('HSET', KEYS[1], '\\255f', 'a\\0\\254') redis.call('SET', KEYS[1] .. '\\200', '\\128')`,
      1,
      '{pool}:b',
    );
    await backup();
    await restore();
    const same = `return redis.call('HGET', KEYS[1], '\\255f') == 'a\\0\\254' and redis.call('GET', KEYS[1] .. '\\200') == '\\128'`;
    expect(await other.call('EVAL', same, 1, '{pool}:b')).toBe(1);
  });

  it('brings a stream over with groups, consumers, pending entries, counters and what was deleted while pending', async () => {
    const key = '{pool}.work';
    const ids = Array.from({ length: 1100 }, (_, i) => `${i + 1}-${i % 7}`);
    await broker.batch(ids.map((id, i) => ['XADD', key, id, 'm', `body ${i}`] as const));
    await broker.batch([
      ['XGROUP', 'CREATE', key, 'alpha', 0],
      ['XGROUP', 'CREATE', key, 'beta', '50-0'],
      ['XGROUP', 'CREATECONSUMER', key, 'beta', 'idle-1'],
      ['XREADGROUP', 'GROUP', 'alpha', 'a-1', 'COUNT', 600, 'STREAMS', key, '>'],
      ['XREADGROUP', 'GROUP', 'alpha', 'a-2', 'COUNT', 10, 'STREAMS', key, '>'],
      ['XCLAIM', key, 'alpha', 'a-2', 0, '3-2', 'RETRYCOUNT', 4],
      ['XACK', key, 'alpha', '1-0', '2-1'],
      ['XDEL', key, '1-0', '5-4', '1100-0'],
    ]);
    const made = await backup();
    expect(made).toMatchObject({ keys: 1, items: 1097, pending: 608, by_type: { stream: 1 } });
    await restore();
    for (const read of [
      ['XRANGE', key, '-', '+'],
      ['XINFO', 'GROUPS', key],
      ['XPENDING', key, 'alpha'],
    ] satisfies Command[])
      expect(await other.call(...(read as unknown as [string]))).toEqual(
        await broker.call(...(read as unknown as [string])),
      );
    const told = async (from: Broker) => {
      const info = asHash(await from.call('XINFO', 'STREAM', key)) ?? {};
      const pending = asList(await from.call('XPENDING', key, 'alpha', '-', '+', 1000)).map((entry) => {
        const [id, consumer, , deliveries] = asList(entry);
        return [id, consumer, deliveries];
      });
      const {
        length,
        'last-generated-id': last,
        'entries-added': added,
        'max-deleted-entry-id': deleted,
      } = info;
      return { length, last, added, deleted, pending };
    };
    expect(await told(other)).toEqual(await told(broker));
    // The time of a delivery stays: an entry idle for long is taken over at once.
    const deliveredAt = async (from: Broker): Promise<number[]> => {
      const groups = fieldOf(await from.call('XINFO', 'STREAM', key, 'FULL', 'COUNT', 0), 'groups');
      const entries = asList(groups).flatMap((group) => asList(fieldOf(group, 'pending')));
      return entries.map((entry) => asNumber(asList(entry)[2]));
    };
    const [here, there] = await Promise.all([deliveredAt(broker), deliveredAt(other)]);
    expect([here.length, there.length]).toEqual([608, 608]);
    for (const [i, atMs] of here.entries()) expect(Math.abs(atMs - (there[i] ?? 0))).toBeLessThan(1000);
  });

  it('brings empty streams over, those never written to and those trimmed to nothing', async () => {
    await broker.batch([
      ['XGROUP', 'CREATE', '{pool}.new', 'g', 0, 'MKSTREAM'],
      ['XADD', '{pool}.done', '7-7', 'm', 'x'],
      ['XTRIM', '{pool}.done', 'MAXLEN', 0],
    ]);
    await backup();
    await restore();
    expect(await other.call('XADD', '{pool}.done', '8-0', 'm', 'y')).toBe('8-0');
    await expect(other.call('XADD', '{pool}.done', '7-8', 'm', 'y')).rejects.toThrow('smaller');
    expect(asHash(asList(await other.call('XINFO', 'GROUPS', '{pool}.new'))[0])).toMatchObject({ name: 'g' });
  });

  it('any keys come back the same', async () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 8 });
    const command = fc.oneof(
      fc.tuple(fc.constant('SET'), fc.constant('{pool}:s'), text),
      fc.tuple(fc.constant('HSET'), fc.constant('{pool}:h'), text, text),
      fc.tuple(fc.constant('SADD'), fc.constant('{pool}:e'), text),
      fc.tuple(fc.constant('ZADD'), fc.constant('{pool}:z'), fc.double({ noNaN: true }).map(String), text),
      fc.tuple(fc.constant('LPUSH'), fc.constant('{pool}:l'), text),
      fc.tuple(fc.constant('XADD'), fc.constant('{pool}.x'), fc.constant('*'), text, text),
      fc.constant(['XGROUP', 'CREATE', '{pool}.x', 'g', '0', 'MKSTREAM']),
      fc.constant(['XREADGROUP', 'GROUP', 'g', 'c', 'COUNT', '2', 'STREAMS', '{pool}.x', '>']),
      fc.constant(['XTRIM', '{pool}.x', 'MAXLEN', '2']),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 30 }), async (commands) => {
        await Promise.all([broker.call('FLUSHALL'), other.call('FLUSHALL')]);
        for (const [name, ...args] of commands) await broker.call(name ?? '', ...args).catch(() => undefined);
        const { keys } = await backup();
        await restore();
        expect(await other.call('DBSIZE')).toBe(keys);
      }),
      { numRuns: 12 },
    );
  });
});

describe('a backup while others write', () => {
  const transfer = `redis.call('HINCRBY', KEYS[1], 'sum', -1) redis.call('HINCRBY', KEYS[2], 'sum', 1)
    redis.call('XADD', KEYS[3], '*', 'from', KEYS[1], 'to', KEYS[2]) redis.call('HINCRBY', KEYS[4], 'moves', 1)
    redis.call('SET', KEYS[5], 'x') redis.call('DEL', KEYS[6]) redis.call('HINCRBY', KEYS[4], 'live', tonumber(ARGV[1]))
    redis.call('XTRIM', KEYS[3], 'MAXLEN', 20000)`;
  const accounts = Array.from({ length: 300 }, (_, i) => `{pool}:account:${i}`);

  async function writeUntil(stopped: () => boolean): Promise<number> {
    let moves = 0;
    const one = async (): Promise<void> => {
      while (!stopped()) {
        const n = moves;
        moves += 1;
        const from = accounts[n % accounts.length] ?? '';
        const to = accounts[(n * 7 + 1) % accounts.length] ?? '';
        const keys = [from, to, '{pool}.moves', '{pool}:counts', `{pool}:new:${n}`, `{pool}:new:${n - 500}`];
        await broker.call('EVAL', transfer, keys.length, ...keys, n >= 500 ? 0 : 1);
      }
    };
    await Promise.all(Array.from({ length: 16 }, one));
    return moves;
  }

  const untilMoved = (): Promise<void> =>
    eventually(async () => asNumber(await broker.call('HGET', '{pool}:counts', 'moves')) > 100);

  it('shows one moment: what belongs together was taken together', async () => {
    await broker.batch(accounts.map((key) => ['HSET', key, 'sum', 1000] as const));
    let stop = false;
    const writing = writeUntil(() => stop);
    await untilMoved();
    await backup();
    await restore();
    stop = true;
    const moves = await writing;
    const there = asHash(await other.call('HGETALL', '{pool}:counts')) ?? {};
    const sums = await other.batch(accounts.map((key) => ['HGET', key, 'sum'] as const));
    expect(sums.map(Number).reduce((a, b) => a + b)).toBe(300_000);
    expect(await other.call('XLEN', '{pool}.moves')).toBe(Math.min(Number(there.moves), 20_000));
    const expected = accounts.length + 2 + Number(there.live);
    expect(await other.call('DBSIZE')).toBe(expected);
    expect(Number(there.moves)).toBeGreaterThan(100);
    expect(Number(there.moves)).toBeLessThan(moves);
  });

  it('does without being told of changes, and holds writes longer', async () => {
    await broker.batch(accounts.map((key) => ['HSET', key, 'sum', 1000] as const));
    await broker.call('ACL', 'SETUSER', 'plain', 'on', '>pw', '~*', '&*', '+@all', '-client|tracking');
    const url = source.url.replace('redis://', 'redis://plain:pw@');
    let stop = false;
    const writing = writeUntil(() => stop);
    await untilMoved();
    const made = await createBackup({ url, file, prefixes, maxHoldMs: PATIENT_MS });
    stop = true;
    await writing;
    expect(made).toMatchObject({ rounds: 0, last_keys: made.keys });
    await restore();
    const sums = await other.batch(accounts.map((key) => ['HGET', key, 'sum'] as const));
    expect(sums.map(Number).reduce((a, b) => a + b)).toBe(300_000);
  });

  it('lets writes go by itself and makes no file when the last look takes too long', async () => {
    await broker.batch(accounts.map((key) => ['HSET', key, 'sum', 1] as const));
    await broker.call('ACL', 'SETUSER', 'plain', 'on', '>pw', '~*', '&*', '+@all', '-client|tracking');
    const url = source.url.replace('redis://', 'redis://plain:pw@');
    const late = join(directory, 'late.backup');
    await expect(createBackup({ url, file: late, prefixes, maxHoldMs: 1 })).rejects.toThrow(
      BackupRefusedError,
    );
    expect(await broker.call('SET', '{pool}:after', 'x')).toBe('OK');
    expect(readdirSync(directory).filter((name) => name.startsWith('late'))).toEqual([]);
  });

  it('is refused where writes cannot be held', async () => {
    await broker.call('ACL', 'SETUSER', 'weak', 'on', '>pw', '~*', '&*', '+@all', '-client|pause');
    const url = source.url.replace('redis://', 'redis://weak:pw@');
    await expect(createBackup({ url, file, prefixes })).rejects.toThrow(/cannot hold writes back/);
  });
});

describe('the target', () => {
  it('must be empty, or be replaced', async () => {
    await broker.call('SET', '{pool}:a', '1');
    await backup();
    await other.batch([
      ['SET', '{pool}:old', '1'],
      ['SET', '{elsewhere}:old', '1'],
    ]);
    await expect(restore()).rejects.toThrow(/not empty: it holds 1 keys like {pool}:old/);
    expect(await restore({ replace: true })).toMatchObject({ replaced: 1, keys: 1 });
    expect(await other.call('EXISTS', '{pool}:old', '{elsewhere}:old', '{pool}:a')).toBe(2);
  });

  it('must not be in use, not even to be replaced', async () => {
    await broker.call('SET', '{pool}:a', '1');
    await backup();
    const service = await openBroker({ url: target.url, name: 'registry-1' });
    try {
      await expect(restore({ replace: true })).rejects.toThrow(/in use by registry-1/);
    } finally {
      await service.close();
    }
  });

  it('leaves out what has expired meanwhile', async () => {
    await broker.batch([
      ['SET', '{pool}:lease', 'x', 'PX', 2_000],
      ['XADD', '{pool}.reply', '1-1', 'm', 'x'],
      ['PEXPIRE', '{pool}.reply', 2_000],
    ]);
    await backup();
    await eventually(async () => (await broker.call('EXISTS', '{pool}:lease', '{pool}.reply')) === 0);
    expect(await restore()).toMatchObject({ keys: 2, expired: 2 });
    expect(await other.call('DBSIZE')).toBe(0);
  });
});

describe('a damaged file', () => {
  const lines = () => gunzipSync(readFileSync(file)).toString().split('\n');
  const damage = (change: (all: string[]) => string[]) =>
    writeFileSync(file, gzipSync(change(lines()).join('\n')));

  it('is found, and nothing is restored from it', async () => {
    const changes: ((all: string[]) => string[])[] = [
      (all) => all.map((line) => line.replace('"one"', '"two"')),
      (all) => all.slice(0, -2),
      (all) => all.slice(1),
      (all) => [...all.slice(0, -1), '{"key":"x"}', ''],
      (all) => all.map((line) => line.replace('"nova_torch_backup":1', '"nova_torch_backup":2')),
      (all) => all.map((line) => line.replace('"keys":1', '"keys":2')),
      (all) => all.map((line) => line.replace('{"items":["one"]}', '{"items":7}')),
      (all) => all.map((line) => line.replace('{"items":["one"]}', 'no json')),
      (all) => all.map((line) => line.replace('{"pending"', '{"items"')),
      (all) => ['', ...all],
    ];
    for (const [number, change] of changes.entries()) {
      await broker.call('SET', '{pool}:a', 'one');
      await backup();
      const before = lines().join('\n');
      damage(change);
      if (lines().join('\n') === before) continue;
      await expect(verifyBackup(file), `change ${number}`).rejects.toThrow(BackupDamagedError);
      await expect(restore(), `change ${number}`).rejects.toThrow(BackupDamagedError);
    }
    expect(await other.call('DBSIZE')).toBe(0);
  });

  it('is found when a bit flips or its end is cut off', async () => {
    await broker.call('SET', '{pool}:a', 'one'.repeat(1000));
    await backup();
    const whole = readFileSync(file);
    const flipped = Buffer.from(whole);
    const middle = Math.floor(whole.length / 2);
    flipped.writeUInt8(whole.readUInt8(middle) ^ 1, middle);
    for (const bytes of [flipped, whole.subarray(0, -12), Buffer.from('no backup'), Buffer.alloc(0)]) {
      writeFileSync(file, bytes);
      await expect(verifyBackup(file)).rejects.toThrow(BackupDamagedError);
    }
    await expect(verifyBackup(join(directory, 'nothing'))).rejects.toThrow('ENOENT');
  });
});
