import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asEntries, type Broker, compareEntryIds, createTrimmer, openBroker } from '../src/index.ts';
import { startTestServer, type TestServer } from './support/redis-server.ts';
import { TAG, toyStream } from './support/toy-catalog.ts';

describe('trimmer', () => {
  let server: TestServer;
  let broker: Broker;

  beforeAll(async () => {
    server = await startTestServer(['--stream-node-max-entries', '4']);
    broker = await openBroker({ url: server.url, name: 'test' });
  });
  afterAll(async () => {
    await broker.close();
    await server.stop();
  });

  const idsOf = async (key: string): Promise<string[]> =>
    asEntries(await broker.call('XRANGE', key, '-', '+')).map(({ id }) => id);

  it('never removes what a declared group has not acknowledged, and all of what every group has', async () => {
    const groups = ['a', 'b'];
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), count: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ kind: fc.constant('read' as const), group: fc.constantFrom(...groups), count: fc.nat(6) }),
      fc.record({ kind: fc.constant('ack' as const), group: fc.constantFrom(...groups), pick: fc.nat(20) }),
      fc.record({ kind: fc.constant('trim' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const stream = toyStream(groups);
        const trimmer = createTrimmer({ broker, streams: [stream] });
        const added: string[] = [];
        const acknowledged = new Map(groups.map((group) => [group, new Set<string>()]));
        const pending = new Map(groups.map((group) => [group, [] as string[]]));
        for (const group of groups) await broker.call('XGROUP', 'CREATE', stream.key, group, '0', 'MKSTREAM');
        for (const action of [...steps, { kind: 'trim' } as const]) {
          if (action.kind === 'add') {
            const commands = Array.from(
              { length: action.count },
              () => ['XADD', stream.key, '*', 'm', 'x'] as const,
            );
            added.push(...(await broker.batch(commands)).map(String));
          } else if (action.kind === 'read' && action.count > 0) {
            const target = ['COUNT', action.count, 'STREAMS', stream.key, '>'] as const;
            const reply = (await broker.call('XREADGROUP', 'GROUP', action.group, 'c', ...target)) as
              | unknown[][]
              | null;
            pending.get(action.group)?.push(...asEntries(reply?.[0]?.[1]).map(({ id }) => id));
          } else if (action.kind === 'ack') {
            const own = pending.get(action.group) ?? [];
            const [id] = own.splice(action.pick % Math.max(1, own.length), 1);
            if (id === undefined) continue;
            await broker.call('XACK', stream.key, action.group, id);
            acknowledged.get(action.group)?.add(id);
          } else if (action.kind === 'trim') {
            await trimmer.runOnce();
            const left = new Set(await idsOf(stream.key));
            const done = (id: string): boolean => groups.every((group) => acknowledged.get(group)?.has(id));
            const firstOpen = added.findIndex((id) => !done(id));
            const expected = firstOpen === -1 ? [] : added.slice(firstOpen);
            expect([...left]).toEqual(expected);
          }
        }
        await broker.call('DEL', stream.key);
      }),
      { numRuns: 40 },
    );
  });

  it('trims nothing while a declared group is missing, or none is declared', async () => {
    const stream = toyStream(['a', 'missing']);
    await broker.call('XGROUP', 'CREATE', stream.key, 'a', '0', 'MKSTREAM');
    await broker.call('XADD', stream.key, '*', 'm', 'x');
    const reply = await broker.call('XREADGROUP', 'GROUP', 'a', 'c', 'NOACK', 'STREAMS', stream.key, '>');
    expect(reply).not.toBeNull();
    const trimmer = createTrimmer({ broker, streams: [stream, { ...stream, groups: [] }, toyStream()] });
    expect(await trimmer.runOnce()).toEqual({ trimmed: 0 });
    const declared = createTrimmer({ broker, streams: [{ ...stream, groups: ['a'] }] });
    expect(await declared.runOnce()).toEqual({ trimmed: 1 });
  });

  it('trims a feed by age and by length, and leaves its newest entry', async () => {
    const now = Date.now();
    const fill = async (key: string, ages: readonly number[]): Promise<void> => {
      for (const age of ages) await broker.call('XADD', key, `${now - age}-1`, 'm', 'x');
    };
    const feed = { kind: 'feed', groups: [] } as const;
    const aged = { ...feed, key: `${TAG}.aged`, maxAgeMs: 60_000 };
    const old = { ...feed, key: `${TAG}.old`, maxAgeMs: 60_000 };
    const long = { ...feed, key: `${TAG}.long`, maxLen: 3 };
    const free = { ...feed, key: `${TAG}.free` };
    await fill(aged.key, [90_000, 80_000, 70_000, 20_000, 10_000]);
    await fill(old.key, [90_000, 80_000, 70_000]);
    await fill(long.key, [9, 8, 7, 6, 5, 4, 3, 2, 1]);
    await fill(free.key, [3, 2, 1]);
    const streams = [aged, old, long, free, { ...feed, key: `${TAG}.none` }];
    expect(await createTrimmer({ broker, streams }).runOnce()).toEqual({ trimmed: 3 + 2 + 6 });
    expect(await idsOf(aged.key)).toEqual([`${now - 20_000}-1`, `${now - 10_000}-1`]);
    expect(await idsOf(old.key)).toEqual([`${now - 70_000}-1`]);
    expect(await idsOf(long.key)).toEqual([3, 2, 1].map((age) => `${now - age}-1`));
    expect(await idsOf(free.key)).toHaveLength(3);
  });
});

it('orders entry ids', () => {
  const id = fc.tuple(
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  );
  fc.assert(
    fc.property(id, id, (a, b) => {
      const order = a[0] === b[0] ? a[1] - b[1] : a[0] - b[0];
      const sign = order === 0n ? 0 : order < 0n ? -1 : 1;
      expect(compareEntryIds(a.join('-'), b.join('-'))).toBe(sign);
    }),
  );
  expect(compareEntryIds('5', '5-0')).toBe(0);
});
