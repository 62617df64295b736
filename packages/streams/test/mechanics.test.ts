import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openEntry } from '../src/delivery.ts';
import { encodeBounded, MESSAGE_BYTES_MAX } from '../src/encode.ts';
import {
  ack,
  asEntries,
  asHash,
  asNumber,
  asStreamEntries,
  asStrings,
  asTimeMs,
  CrossTagError,
  deadLetter,
  exponentialBackoff,
  groupByTag,
  hashTag,
  type Outcome,
  PayloadTooLargeError,
  retry,
  sharedTag,
} from '../src/index.ts';
import { historyOf } from '../src/message.ts';
import { settlementOf } from '../src/settlement.ts';
import { toyCodec, toyMessage } from './support/toy-catalog.ts';

it('finds the hash tag as a cluster does', () => {
  const part = fc.string({ unit: fc.constantFrom('a', 'b', ':', '.') });
  fc.assert(
    fc.property(
      part,
      part.filter((text) => text !== ''),
      fc.string(),
      (before, tag, after) => {
        expect(hashTag(`${before}{${tag}}${after}`)).toBe(tag);
      },
    ),
  );
  expect(['plain', '{}x', 'a{b', 'a}b{c}', '{a}{b}', '{{a}}'].map(hashTag)).toEqual([
    'plain',
    '{}x',
    'a{b',
    'c',
    'a',
    '{a',
  ]);
  expect(sharedTag(['{a}:1', 'x{a}'])).toBe('a');
  expect(() => sharedTag(['{a}:1', '{b}:1'])).toThrow(CrossTagError);
  expect(groupByTag(['{a}1', '{b}1', '{a}2'], (key) => key)).toEqual([['{a}1', '{a}2'], ['{b}1']]);
});

it('waits longer after each failure, within its bounds', () => {
  const random = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), random, (attempt, chance) => {
      const backoff = exponentialBackoff({ baseMs: 100, maxMs: 5000 });
      const delay = backoff.delayMs(attempt, chance);
      const full = Math.min(5000, 100 * 2 ** (attempt - 1));
      expect(delay).toBeGreaterThanOrEqual(Math.floor(full / 2));
      expect(delay).toBeLessThanOrEqual(full);
    }),
  );
});

it('turns every outcome into exactly one thing to do, and never tries more often than allowed', () => {
  const outcome: fc.Arbitrary<Outcome> = fc.oneof(
    fc.constant(ack()),
    fc.record({ afterMs: fc.integer({ min: -5, max: 1e6 }), error: fc.string() }).map(retry),
    fc.string().map((reason) => deadLetter(reason, 'error')),
  );
  const cases = fc.record({
    outcome,
    attempt: fc.integer({ min: 1, max: 9 }),
    max: fc.integer({ min: 1, max: 9 }),
  });
  fc.assert(
    fc.property(cases, ({ outcome, attempt, max }) => {
      const past = { at_ms: 1, consumer: 'c', duration_ms: 1, outcome: 'error' } as const;
      const history = Array.from({ length: attempt - 1 }, () => past);
      const message = toyMessage(1);
      const delivery = {
        message,
        json: toyCodec.encode(message),
        entryId: '1-1',
        stream: '{t}s',
        attempt,
        history,
      };
      const policy = {
        codec: toyCodec,
        consumer: 'c',
        backoff: exponentialBackoff(),
        maxDeliveries: max,
        onlyGroup: '',
        nowMs: 5,
        random: 0.5,
      };
      const { step } = settlementOf(delivery, { outcome, durationMs: 3 }, policy);
      if (outcome.kind === 'retry' && attempt >= max) {
        expect(step).toMatchObject({ kind: 'dead_letter', reason: 'max_deliveries', json: delivery.json });
      } else {
        expect(step.kind).toBe(outcome.kind);
      }
      if (step.kind === 'retry') expect(step.afterMs).toBeGreaterThanOrEqual(0);
      if (step.kind !== 'ack')
        expect(historyOf({ id: '1-1', fields: { h: step.history } })).toHaveLength(attempt);
    }),
  );
});

it('counts an answer that cannot be sent as a failed attempt', () => {
  const message = toyMessage(1);
  const big = toyMessage(1, { payload: { n: 1, text: 'é'.repeat(MESSAGE_BYTES_MAX / 2) } });
  const delivery = { message, json: '{}', entryId: '1-1', stream: '{t}s', attempt: 1, history: [] };
  const policy = {
    codec: toyCodec,
    consumer: 'c',
    backoff: exponentialBackoff(),
    maxDeliveries: 5,
    onlyGroup: 'g',
    nowMs: 5,
    random: 0,
  };
  const outcome = ack([{ stream: '{t}out', message: big }]);
  const { step } = settlementOf(delivery, { outcome, durationMs: 1 }, policy);
  expect(step).toMatchObject({ kind: 'retry', afterMs: 100, onlyGroup: 'g' });
  expect(step.kind === 'retry' && step.history).toMatch(/over the limit/);
  expect(() => encodeBounded(toyCodec, big)).toThrow(PayloadTooLargeError);
  const full = { ...big, payload: { n: 1, text: 'x'.repeat(MESSAGE_BYTES_MAX - 1000) } };
  expect(encodeBounded(toyCodec, full)).toContain('xxx');
});

it('reads replies of every server', () => {
  expect([asHash(null), asHash([]), asHash({}), asHash(1)]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect(asHash({ a: 1 })).toEqual({ a: '1' });
  expect(asStrings(['a', null, 1])).toEqual(['a', '', '1']);
  expect([asNumber('7'), asNumber(7), asNumber(null), asNumber('x')]).toEqual([7, 7, Number.NaN, Number.NaN]);
  expect(asTimeMs(['1700000000', '123456'])).toBe(1_700_000_000_123);
  expect(asTimeMs([1_700_000_000, 123_999])).toBe(1_700_000_000_123);
  expect(asEntries([null, ['1-1', ['m', 'x']], ['1-2', null]])).toEqual([
    { id: '1-1', fields: { m: 'x' } },
    { id: '1-2', fields: {} },
  ]);
  // Dragonfly names the streams that have nothing.
  expect(
    asStreamEntries([
      ['a', []],
      ['b', [['1-1', ['m', 'x']]]],
    ]),
  ).toEqual([{ stream: 'b', entries: [{ id: '1-1', fields: { m: 'x' } }] }]);
  expect(asStreamEntries(null)).toEqual([]);
});

it('handles a message whose history is damaged as one never tried', () => {
  const context = { codec: toyCodec, group: 'g', consumer: 'c', nowMs: 0, maxDeliveries: 5 };
  for (const h of ['', '{', '{}', '[1, null, {}]']) {
    const entry = { id: '1-1', fields: { m: toyCodec.encode(toyMessage(1)), h } };
    const opened = openEntry({ stream: '{t}s', entry, lostDeliveries: 0 }, context);
    expect(opened).toMatchObject({ kind: 'message', delivery: { attempt: 1, history: [] } });
  }
});
