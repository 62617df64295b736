import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  asHash,
  asStrings,
  type Broker,
  BrokerAuthError,
  BrokerClosedError,
  BrokerReplyError,
  BrokerTimeoutError,
  BrokerUnavailableError,
  CrossTagError,
  defineScript,
  openBroker,
} from '../src/index.ts';
import { eventually, startTestServer, type TestServer } from './support/redis-server.ts';
import { within } from './support/within.ts';

const echo = defineScript({
  name: 'echo',
  file: new URL('./support/echo.lua', import.meta.url),
  parse: asStrings,
});

describe('broker', () => {
  let server: TestServer;
  let broker: Broker;
  /** Has a short deadline. */
  let hasty: Broker;

  beforeAll(async () => {
    server = await startTestServer();
    broker = await openBroker({ url: server.url, name: 'test', commandTimeoutMs: 10_000 });
    hasty = await openBroker({ url: server.url, name: 'hasty', commandTimeoutMs: 500 });
  });
  afterAll(async () => {
    await hasty.close();
    await broker.close();
    await server.stop();
  });

  it('calls commands, one by one and in batches', async () => {
    await broker.call('HSET', '{t}:h', 'a', 1, 'b', 'two');
    expect(asHash(await broker.call('HGETALL', '{t}:h'))).toEqual({ a: '1', b: 'two' });
    expect(
      await broker.batch([
        ['INCR', '{t}:n'],
        ['INCR', '{t}:n'],
      ]),
    ).toEqual([1, 2]);
    await expect(
      broker.batch([
        ['INCR', '{t}:n'],
        ['INCR', '{t}:h'],
        ['INCR', '{t}:n'],
      ]),
    ).rejects.toMatchObject({
      name: 'BrokerReplyError',
      code: 'WRONGTYPE',
    });
    expect(await broker.call('GET', '{t}:n')).toBe('4');
  });

  it('tells who answers, and its clock', async () => {
    expect(broker.status()).toMatchObject({ connected: true, kind: 'redis', connections: { main: 1 } });
    expect(broker.status().runId).toMatch(/^[0-9a-f]{40}$/);
    // The answer to a sample may be held up.
    await eventually(async () => {
      const fresh = await openBroker({ url: server.url, name: 'fresh' });
      const offMs = Math.abs(fresh.serverNowMs() - Date.now());
      await fresh.close();
      return offMs < 100;
    });
  });

  it('runs a script, also after the server forgot it, and refuses keys of two tags', async () => {
    const input = { keys: ['{t}:a', '{t}:b'], args: ['x', 2] };
    expect(await broker.run(echo, input)).toEqual(['{t}:a', '{t}:b', 'x', '2']);
    await broker.call('SCRIPT', 'FLUSH');
    expect(await broker.run(echo, input)).toEqual(['{t}:a', '{t}:b', 'x', '2']);
    await expect(broker.run(echo, { keys: ['{t}:a', '{u}:b'], args: [] })).rejects.toThrow(CrossTagError);
    await expect(broker.run(echo, { keys: [], args: [] })).rejects.toThrow(CrossTagError);
  });

  it('does not wait for a server that hangs longer than its deadline, and recovers', async () => {
    server.pause();
    await expect(within(900, () => hasty.call('PING'))).rejects.toThrow(BrokerTimeoutError);
    await expect(hasty.call('PING')).rejects.toThrow(BrokerUnavailableError);
    server.resume();
    const answered = (): Promise<boolean> =>
      hasty.call('PING').then(
        () => true,
        () => false,
      );
    await within(1000, () => eventually(answered), server.port);
  });

  it('waits for a connection that comes back within the deadline', async () => {
    const events: string[] = [];
    const ends = [
      broker.on('lost', () => events.push('lost')),
      broker.on('reconnected', () => events.push('back')),
    ];
    const runId = broker.status().runId;
    await server.restart();
    await eventually(() => events.includes('lost'));
    expect(await broker.call('PING')).toBe('PONG');
    expect(events).toEqual(['lost', 'back']);
    expect(broker.status().runId).not.toBe(runId);
    for (const end of ends) end();
  });

  it('waits for no connection any more when whoever has it is about to end', async () => {
    const own = await startTestServer();
    const ending = await openBroker({ url: own.url, name: 'ending', commandTimeoutMs: 60_000 });
    const reader = ending.openReader('reader');
    await eventually(() => reader.connected);
    await own.stop();
    await eventually(() => !ending.status().connected && !reader.connected);
    const calls = [ending.call('PING'), reader.read('XREAD', ['STREAMS', 'a', '0'], 1_000)];
    ending.stopWaiting();
    for (const call of [...calls, ending.call('PING'), ending.openReader('late').read('PING', [], 1_000)])
      await expect(call).rejects.toBeInstanceOf(BrokerUnavailableError);
    await ending.close();
  });

  it('serves whoever is about to end as before while it is there', async () => {
    const ending = await openBroker({ url: server.url, name: 'ending' });
    ending.stopWaiting();
    expect(await ending.call('PING')).toBe('PONG');
    await ending.close();
  });

  it('does not take the end of a reader that is closed for a loss', async () => {
    const warned: string[] = [];
    const quiet = () => undefined;
    const logger = {
      debug: quiet,
      info: quiet,
      error: quiet,
      warn: (_: unknown, msg = '') => void warned.push(msg),
    };
    const own = await openBroker({ url: server.url, name: 'closing', logger });
    for (let n = 0; n < 30; n += 1) {
      const reader = own.openReader('closing');
      const read = reader.read('BLPOP', ['nothing', 1], 1000).catch(() => undefined);
      await eventually(() => reader.connected);
      await reader.close();
      await read;
    }
    await own.close();
    expect(warned).toEqual([]);
  });

  it('takes an answer that came while the process was busy for longer than the deadline', async () => {
    const call = hasty.call('PING');
    const until = performance.now() + 600;
    while (performance.now() < until);
    expect(await call).toBe('PONG');
  });

  it('gives a call its whole time when the turn that made it was a long one', async () => {
    await new Promise((resolve) => setImmediate(resolve));
    const until = performance.now() + 600;
    while (performance.now() < until);
    expect(await hasty.call('PING')).toBe('PONG');
  });

  it('rejects what was sent when the connection goes, and sends nothing twice', async () => {
    const killing = ['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'no'] as const;
    await broker.call('SET', '{t}:once', 0);
    await expect(broker.batch([['INCR', '{t}:once'], killing, ['INCR', '{t}:once']])).rejects.toThrow(
      BrokerUnavailableError,
    );
    expect(Number(await broker.call('GET', '{t}:once'))).toBeLessThanOrEqual(2);
    expect(await broker.batch([])).toEqual([]);
  });

  it('replaces the connection of a reader that hangs, and keeps the others', async () => {
    const reader = broker.openReader('test reader');
    expect(await reader.read('XREAD', ['BLOCK', 10, 'STREAMS', '{t}:s', '0'], 10)).toBeNull();
    expect(broker.status().connections).toMatchObject({ 'test reader': 1 });
    // The server blocks longer than the reader says it will.
    const read = reader.read('XREAD', ['BLOCK', 5000, 'STREAMS', '{t}:s', '0'], 10);
    await expect(read).rejects.toThrow(BrokerTimeoutError);
    expect(await reader.read('XREAD', ['BLOCK', 10, 'STREAMS', '{t}:s', '0'], 10)).toBeNull();
    const blocked = reader.read('XREAD', ['BLOCK', 1000, 'STREAMS', '{t}:s', '0'], 1000);
    await Promise.all([expect(blocked).rejects.toThrow(/closed|lost/), reader.close(), reader.close()]);
    expect(broker.status().connections).toEqual({ main: 1 });
  });

  it('settles everything when it is closed, and leaves no socket behind', async () => {
    const other = await openBroker({ url: server.url, name: 'to close' });
    const reader = other.openReader('blocked');
    await reader.read('PING', [], 10);
    const blocked = reader.read('XREAD', ['BLOCK', 1000, 'STREAMS', '{t}:s', '0'], 1000);
    const calls = [blocked, other.call('PING')].map((call) =>
      expect(call).rejects.toThrow(BrokerClosedError),
    );
    await other.close();
    await other.close();
    await Promise.all(calls);
    await expect(other.call('PING')).rejects.toThrow(BrokerClosedError);
    await expect(other.openReader('late').read('PING', [], 10)).rejects.toThrow(BrokerClosedError);
    await eventually(async () => !String(await broker.call('CLIENT', 'LIST')).includes('to-close'));
  });
});

describe('openBroker', () => {
  it('says what to do when there is no broker', async () => {
    const opening = openBroker({
      url: 'redis://user:secret@127.0.0.1:1',
      name: 'test',
      commandTimeoutMs: 200,
    });
    await expect(opening).rejects.toThrow(BrokerUnavailableError);
    await expect(opening).rejects.toThrow(/redis:\/\/127\.0\.0\.1:1 .*Start the broker/);
  });

  it('says what to do when the credentials are refused', async () => {
    const server = await startTestServer(['--requirepass', 'right']);
    try {
      for (const url of [server.url, server.url.replace('//', '//:wrong@')]) {
        const opening = openBroker({ url, name: 'test' });
        await expect(opening).rejects.toThrow(BrokerAuthError);
        await expect(opening).rejects.toThrow(/broker URL/);
      }
      const broker = await openBroker({ url: server.url.replace('//', '//:right@'), name: 'test' });
      expect(broker.address).toBe(server.url);
      await broker.close();
    } finally {
      await server.stop();
    }
  });
});

it('finds the code of an error, also inside a failed script', () => {
  const codes = [
    'NOGROUP No such key',
    'ERR Error running script (call to f_1): @user_script:1: -NOGROUP No such key or group',
    'ERR Error running script (call to f_1): @user_script: 4: OOM command not allowed',
    'ERR Out of memory',
    'ERR syntax error',
    'FENCED the lease is gone',
  ].map((message) => new BrokerReplyError(message).code);
  expect(codes).toEqual(['NOGROUP', 'NOGROUP', 'OOM', 'OOM', 'ERR', 'FENCED']);
});
