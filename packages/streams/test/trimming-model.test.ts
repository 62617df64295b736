// The trimmers against a model of a stream: which entries are left follows from their age, their number, what was
// acknowledged and which groups exist, whatever happened in between and however often it is trimmed.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { asEntries, createDeadLetterTrimmer, createTrimmer, deadLetterKey } from '../src/index.ts';
import { modelRig } from './support/model-rig.ts';
import { toyStream } from './support/toy-catalog.ts';

const rig = modelRig();
const GROUPS = ['a', 'b'] as const;
const LIMITS = { numRuns: 60, interruptAfterTimeLimit: 15_000 };
const idsOf = async (key: string): Promise<string[]> =>
  asEntries(await rig.broker.call('XRANGE', key, '-', '+')).map(({ id }) => id);

type Step =
  | { readonly kind: 'add'; readonly count: number }
  | { readonly kind: 'read'; readonly group: string; readonly count: number }
  | { readonly kind: 'ack'; readonly group: string; readonly pick: number }
  | { readonly kind: 'delete'; readonly pick: number }
  | { readonly kind: 'lose'; readonly group: string }
  | { readonly kind: 'make'; readonly group: string }
  | { readonly kind: 'trim' };

const group = fc.constantFrom(...GROUPS);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('add' as const), count: fc.integer({ min: 1, max: 9 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('read' as const),
      group,
      count: fc.integer({ min: 1, max: 8 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('ack' as const), group, pick: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), pick: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const), group }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('make' as const), group }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('trim' as const) }) },
);

interface GroupModel {
  readonly unread: string[];
  readonly pending: string[];
}

/** What a work stream holds: entries in order, and for each group that exists what it has not done yet. */
class StreamModel {
  entries: string[] = [];
  readonly groups = new Map<string, GroupModel>(GROUPS.map((name) => [name, { unread: [], pending: [] }]));

  add(ids: readonly string[]): void {
    this.entries.push(...ids);
    for (const { unread } of this.groups.values()) unread.push(...ids);
  }

  /** What may go: everything before the first entry any declared group still needs; nothing while one is missing. */
  trim(): void {
    if (this.groups.size < GROUPS.length) return;
    const needed = new Set(
      [...this.groups.values()].flatMap(({ unread, pending }) => [...unread, ...pending]),
    );
    const first = this.entries.findIndex((id) => needed.has(id));
    this.entries = first < 0 ? [] : this.entries.slice(first);
  }

  delete(id: string): void {
    this.entries = this.entries.filter((one) => one !== id);
    // A deleted entry is never read; one that was read stays pending and goes on holding what is behind it.
    for (const { unread } of this.groups.values()) {
      if (unread.includes(id)) unread.splice(unread.indexOf(id), 1);
    }
  }
}

async function act(one: Step, key: string, model: StreamModel): Promise<void> {
  const { broker } = rig;
  if (one.kind === 'add') {
    const commands = Array.from({ length: one.count }, () => ['XADD', key, '*', 'm', 'x'] as const);
    model.add((await broker.batch(commands)).map(String));
  } else if (one.kind === 'delete') {
    const id = model.entries[one.pick % Math.max(1, model.entries.length)];
    const isPending = [...model.groups.values()].some(
      ({ pending }) => id !== undefined && pending.includes(id),
    );
    if (id === undefined || isPending) return;
    await broker.call('XDEL', key, id);
    model.delete(id);
  } else if (one.kind === 'make' || one.kind === 'lose') {
    const exists = model.groups.has(one.group);
    if (exists === (one.kind === 'make')) return;
    if (one.kind === 'lose') {
      await broker.call('XGROUP', 'DESTROY', key, one.group);
      model.groups.delete(one.group);
    } else {
      await broker.call('XGROUP', 'CREATE', key, one.group, '0');
      model.groups.set(one.group, { unread: [...model.entries], pending: [] });
    }
  } else if (one.kind !== 'trim') {
    const own = model.groups.get(one.group);
    if (own === undefined) return;
    if (one.kind === 'read') {
      await broker.call('XREADGROUP', 'GROUP', one.group, 'c', 'COUNT', one.count, 'STREAMS', key, '>');
      own.pending.push(...own.unread.splice(0, one.count));
    } else {
      const [id] = own.pending.splice(one.pick % Math.max(1, own.pending.length), 1);
      if (id !== undefined) await broker.call('XACK', key, one.group, id);
    }
  }
}

it('a work stream loses what every group has acknowledged, and nothing else', {
  timeout: 60_000,
}, async () => {
  const steps = fc.array(step, { minLength: 5, maxLength: 50 });
  const play = async (all: readonly Step[]): Promise<void> => {
    const stream = toyStream(GROUPS);
    const model = new StreamModel();
    const trimmer = createTrimmer({ broker: rig.broker, streams: [stream] });
    for (const name of GROUPS) await rig.broker.call('XGROUP', 'CREATE', stream.key, name, '0', 'MKSTREAM');
    for (const one of [...all, { kind: 'trim' } as const]) {
      await act(one, stream.key, model);
      if (one.kind !== 'trim') continue;
      const before = model.entries.length;
      model.trim();
      expect(await trimmer.runOnce()).toEqual({ trimmed: before - model.entries.length });
      expect(await idsOf(stream.key)).toEqual(model.entries);
    }
    await rig.broker.call('DEL', stream.key);
  };
  await fc.assert(fc.asyncProperty(steps, play), LIMITS);
});

/** Ages in ms, far from the limit on either side: time goes on while the test runs. */
const AGE_MAX_MS = 60_000;
const ages = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 100_000, max: 200_000 })), {
    maxLength: 30,
  })
  .map((some) => some.toSorted((a, b) => b - a));
const kept = fc.record({ ages, maxLen: fc.integer({ min: 1, max: 20 }) });

async function fill(key: string, some: readonly number[]): Promise<string[]> {
  const nowMs = rig.broker.serverNowMs();
  const ids = some.map((ageMs, n) => `${nowMs - ageMs}-${n + 1}`);
  for (const id of ids) await rig.broker.call('XADD', key, id, 'm', 'x');
  return ids;
}

it('a feed keeps its newest entries within number and age, and always the last one', {
  timeout: 60_000,
}, async () => {
  const play = async ({ ages: some, maxLen }: { ages: number[]; maxLen: number }): Promise<void> => {
    const stream = { ...toyStream([]), kind: 'feed' as const, maxLen, maxAgeMs: AGE_MAX_MS };
    const ids = await fill(stream.key, some);
    const young = ids.filter((_, n) => (some[n] ?? 0) < AGE_MAX_MS || n === ids.length - 1);
    const expected = young.slice(-maxLen);
    const trimmer = createTrimmer({ broker: rig.broker, streams: [stream] });
    expect(await trimmer.runOnce()).toEqual({ trimmed: ids.length - expected.length });
    expect(await idsOf(stream.key)).toEqual(expected);
    await rig.broker.call('DEL', stream.key);
  };
  await fc.assert(fc.asyncProperty(kept, play), LIMITS);
});

it('dead letters stay within number and age; each that goes is counted once', {
  timeout: 60_000,
}, async () => {
  const play = async ({ ages: some, maxLen }: { ages: number[]; maxLen: number }): Promise<void> => {
    const { key } = toyStream();
    const ids = await fill(deadLetterKey(key), some);
    const young = ids.filter((_, n) => (some[n] ?? 0) < AGE_MAX_MS);
    const expected = young.slice(-maxLen);
    const counted: Record<string, number> = {};
    const metrics = {
      observe() {},
      increment: (_: string, { why = '' }: Record<string, string>, by: number) => {
        counted[why] = (counted[why] ?? 0) + by;
      },
    };
    const streams = [{ key, deadLetters: { maxLen, maxAgeMs: AGE_MAX_MS } }];
    const trimmer = createDeadLetterTrimmer({ broker: rig.broker, streams, metrics });
    expect(await trimmer.runOnce()).toEqual({ dropped: ids.length - expected.length });
    expect(await idsOf(deadLetterKey(key))).toEqual(expected);
    expect(counted).toEqual({
      age: ids.length - young.length,
      number: young.length - expected.length,
      limit: 0,
    });
    await rig.broker.call('DEL', deadLetterKey(key));
  };
  await fc.assert(fc.asyncProperty(kept, play), LIMITS);
});
