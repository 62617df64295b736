import { expect, test } from 'vitest';
import {
  currentTraceparent,
  currentWork,
  formatTraceparent,
  newTraceparent,
  parseTraceparent,
  runInContext,
} from './trace-context.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

test('a valid traceparent is taken apart and put together', () => {
  const text = `00-${TRACE}-${SPAN}-01`;
  expect(parseTraceparent(text)).toEqual({ traceId: TRACE, spanId: SPAN, sampled: true });
  expect(formatTraceparent({ traceId: TRACE, spanId: SPAN, sampled: false })).toBe(`00-${TRACE}-${SPAN}-00`);
  expect(parseTraceparent(`cc-${TRACE}-${SPAN}-03-more`)?.sampled).toBe(true);
});

test.each([
  undefined,
  '',
  'nonsense',
  `ff-${TRACE}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-01-more`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
])('%s is not one', (text) => {
  expect(parseTraceparent(text)).toBeUndefined();
});

test('new ones are valid, different, and sampled at the ratio', () => {
  const made = Array.from({ length: 2_000 }, () => parseTraceparent(newTraceparent(0.25)));
  expect(made.every((parent) => parent !== undefined)).toBe(true);
  expect(new Set(made.map((parent) => parent?.traceId)).size).toBe(2_000);
  const sampled = made.filter((parent) => parent?.sampled).length;
  expect(sampled).toBeGreaterThan(380);
  expect(sampled).toBeLessThan(620);
  expect(parseTraceparent(newTraceparent())?.sampled).toBe(true);
  expect(parseTraceparent(newTraceparent(0))?.sampled).toBe(false);
});

test('the context follows awaits, is inherited where not given, and ends with the work', async () => {
  expect(currentTraceparent()).toBeUndefined();
  const outer = newTraceparent();
  const inner = newTraceparent();
  await runInContext({ traceparent: outer, task_id: 't' }, async () => {
    await Promise.resolve();
    expect(currentTraceparent()).toBe(outer);
    runInContext({ traceparent: inner, agent_id: 'a', task_id: undefined }, () =>
      expect(currentWork()).toEqual({ traceparent: inner, agent_id: 'a', task_id: 't' }),
    );
  });
  expect(currentWork()).toBeUndefined();
});
