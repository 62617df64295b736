import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { askBroker } from '@nova-torch/cli/own-broker';
import {
  createFaultProxy,
  eventually,
  type FaultProxy,
  startTestBroker,
  strikeProxy,
  type TestBroker,
} from '@nova-torch/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

let broker: TestBroker;
let proxy: FaultProxy;

beforeAll(async () => {
  broker = await startTestBroker();
});
beforeEach(async () => {
  await broker.flush();
  proxy = await createFaultProxy({ port: broker.port, ghostMs: 200 });
});
afterEach(() => proxy.close());
afterAll(() => broker.stop());

/** A busy machine answers late; only where no answer is expected the wait is short. */
const ask = (port: number, command: string[]): Promise<unknown> =>
  askBroker(port, command, { timeoutMs: 10_000 });
const count = (): Promise<unknown> => ask(broker.port, ['GET', 'count']);
const clients = async (): Promise<number> =>
  String(await ask(broker.port, ['CLIENT', 'LIST'])).match(/name=tester/g)?.length ?? 0;

interface Peer {
  readonly socket: Socket;
  /** What arrived so far. */
  received(): string;
  /** Sends an INCR. */
  increment(): void;
  /** How the connection ended: an error's code, or `end`. */
  readonly ended: Promise<string>;
}

async function connected(name = 'tester'): Promise<Peer> {
  const socket = connect(proxy.port, '127.0.0.1');
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk.toString();
  });
  const ended = new Promise<string>((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.once('close', () => resolve('end'));
  });
  await once(socket, 'connect');
  socket.write(encode('CLIENT', 'SETNAME', name));
  await eventually(() => received === '+OK\r\n');
  received = '';
  return {
    socket,
    ended,
    received: () => received,
    increment: () => void socket.write(encode('INCR', 'count')),
  };
}

function encode(...parts: string[]): string {
  return `*${parts.length}\r\n${parts.map((part) => `$${part.length}\r\n${part}\r\n`).join('')}`;
}

/** Has the broker serve a client that is gone for so long that there is time to look. */
async function haunted(): Promise<void> {
  await proxy.close();
  proxy = await createFaultProxy({ port: broker.port, ghostMs: 2_000 });
}

async function takes(act: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await act();
  return performance.now() - startedAt;
}

test('without a fault everything passes, in both directions, large answers too', async () => {
  const large = 'x'.repeat(3_000_000);
  await ask(proxy.port, ['SET', 'large', large]);
  expect(await ask(proxy.port, ['GET', 'large'])).toBe(large);
});

test('a connection is known by the name the client gave itself', async () => {
  const peer = await connected('payments-main');
  expect(proxy.connections.map(({ name }) => name)).toEqual(['payments-main']);
  peer.socket.destroy();
  await eventually(() => proxy.connections.length === 0);
  await eventually(async () => (await clients()) === 0);
});

test('cut: both ends get a reset, and the client may come back at once', async () => {
  const peer = await connected();
  expect(proxy.hit('cut')).toBe(1);
  expect(await peer.ended).toBe('ECONNRESET');
  await eventually(async () => (await clients()) === 0);
  expect(await ask(proxy.port, ['PING'])).toBe('PONG');
  expect(proxy.hits.cut).toBe(1);
});

test('close: the client is told that the connection ends', async () => {
  const peer = await connected();
  proxy.hit('close');
  expect(await peer.ended).toBe('end');
  await eventually(async () => (await clients()) === 0);
});

test('vanish: the client gets a reset, the broker goes on serving it for a while', async () => {
  await haunted();
  const peer = await connected();
  proxy.hit('vanish');
  expect(await peer.ended).toBe('ECONNRESET');
  expect(await clients()).toBe(1);
  await eventually(async () => (await clients()) === 0);
});

test('half-open: silence on that connection for good, and nobody is told', async () => {
  const peer = await connected();
  proxy.hit('half-open');
  peer.increment();
  await proxy.heal();
  expect(await ask(proxy.port, ['PING'])).toBe('PONG');
  expect(await count()).toBeNull();
  expect(peer.received()).toBe('');
  expect(peer.socket.destroyed).toBe(false);
  expect(proxy.hit('cut')).toBe(0);
  peer.socket.destroy();
  await eventually(async () => (await clients()) === 0);
});

test('lose-reply: the command is applied, its answer never comes', async () => {
  const peer = await connected();
  proxy.hit('lose-reply');
  expect(proxy.hits['lose-reply']).toBe(0);
  peer.increment();
  expect(await peer.ended).toBe('ECONNRESET');
  expect(peer.received()).toBe('');
  expect(await count()).toBe('1');
  expect(proxy.hits['lose-reply']).toBe(1);
});

test('late-command: the client is cut off, and what it sent is applied later', async () => {
  await haunted();
  const peer = await connected();
  proxy.hit('late-command');
  peer.increment();
  expect(await peer.ended).toBe('ECONNRESET');
  expect(await count()).toBeNull();
  await eventually(async () => (await count()) === '1');
  await eventually(async () => (await clients()) === 0);
});

test('cut-in-reply: half of an answer arrives', async () => {
  const peer = await connected();
  proxy.hit('cut-in-reply');
  peer.socket.write(encode('ECHO', 'abcdefghij'));
  expect(await peer.ended).toMatch(/end|ECONNRESET/);
  expect(peer.received()).toBe('$10\r\nabc');
});

test('a fault strikes one connection, or those of a name, and leaves the others alone', async () => {
  const [one, two] = [await connected('one'), await connected('two')];
  proxy.hit('cut', { name: /^two$/ });
  expect(await two.ended).toBe('ECONNRESET');
  const three = await connected('three');
  expect(proxy.hit('cut', { pick: 0.99 })).toBe(1);
  expect(await three.ended).toBe('ECONNRESET');
  one.increment();
  await eventually(() => one.received() === ':1\r\n');
  expect(proxy.hit('cut', { name: /nobody/, pick: 0.5 })).toBe(0);
});

test('delay: an answer comes later by twice the delay, and at once after heal', async () => {
  proxy.delay(60);
  expect(await takes(() => ask(proxy.port, ['PING']))).toBeGreaterThan(115);
  proxy.delay(30_000);
  const slow = ask(proxy.port, ['PING']);
  await eventually(() => proxy.connections.length === 1);
  await proxy.heal();
  expect(await slow).toBe('PONG');
});

test('throttle: bytes pass at the rate asked for', async () => {
  await ask(broker.port, ['SET', 'large', 'x'.repeat(20_000)]);
  proxy.throttle(100_000);
  const tookMs = await takes(() => ask(proxy.port, ['GET', 'large']));
  expect(tookMs).toBeGreaterThan(180);
});

test('silence: nothing passes on any connection, and what was sent arrives afterwards', async () => {
  const peer = await connected();
  proxy.silence();
  peer.increment();
  await expect(askBroker(proxy.port, ['PING'], { timeoutMs: 60 })).rejects.toThrow(/no answer/);
  expect(peer.received()).toBe('');
  await proxy.heal();
  await eventually(() => peer.received() === ':1\r\n');
});

test('refuse: new connections are refused, open ones stay, and the port is the same afterwards', async () => {
  const peer = await connected();
  const { url } = proxy;
  await proxy.refuse();
  await expect(ask(proxy.port, ['PING'])).rejects.toThrow(/ECONNREFUSED/);
  peer.increment();
  await eventually(() => peer.received() === ':1\r\n');
  await proxy.heal();
  expect(await ask(proxy.port, ['PING'])).toBe('PONG');
  expect(proxy.url).toBe(url);
});

test('a broker that is gone ends its connections, and a new one is reset', async () => {
  const own = await startTestBroker();
  const other = await createFaultProxy({ port: own.port });
  const socket = connect(other.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  await own.stop();
  expect(await text(socket).catch(() => 'reset')).toMatch(/^(reset)?$/);
  await expect(ask(other.port, ['PING'])).rejects.toThrow();
  await other.close();
});

test('close ends every connection, the silent ones too, and may be called again', async () => {
  const peers = [await connected(), await connected()];
  proxy.hit('half-open', { pick: 0 });
  await proxy.close();
  await proxy.close();
  for (const peer of peers) expect(await peer.ended).toMatch(/end|ECONNRESET/);
  await expect(ask(proxy.port, ['PING'])).rejects.toThrow(/ECONNREFUSED/);
});

test('faults of a schedule happen by their kind: once for a connection, for a while for the network', async () => {
  const peer = await connected();
  await strikeProxy(proxy, { kind: 'refuse', forMs: 30 });
  expect(await peer.ended).toBe('ECONNRESET');
  const strikes = [
    { kind: 'delay', forMs: 150, atLeastMs: 75 },
    { kind: 'silence', forMs: 60, atLeastMs: 40 },
    { kind: 'throttle', forMs: 60, atLeastMs: 40 },
  ] as const;
  for (const { kind, forMs, atLeastMs } of strikes) {
    let over: Promise<void> | undefined;
    const tookMs = await takes(() => {
      over = strikeProxy(proxy, { kind, forMs }, { delayMs: 40, bytesPerSecond: 100 });
      return ask(proxy.port, ['PING']);
    });
    expect(tookMs).toBeGreaterThan(atLeastMs);
    await over;
  }
  const again = await connected();
  await strikeProxy(proxy, { kind: 'close', forMs: 0, pick: 0.3 });
  expect(await again.ended).toBe('end');
});
