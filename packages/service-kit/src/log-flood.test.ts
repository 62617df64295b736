import { expect, test } from 'vitest';
import { createLogFlood } from './log-flood.ts';
import { createLogger } from './logger.ts';

test('the first lines of a kind in each second are written, the others counted', () => {
  const flood = createLogFlood({ perSecond: 2 });
  const admit = (nowMs: number, message = 'lost', part?: string) => flood.admits(40, message, part, nowMs);
  expect([admit(0), admit(1), admit(2), admit(3)]).toEqual([true, true, false, false]);
  // Another message, level or part is another kind.
  expect([admit(4, 'found'), admit(5, 'lost', 'reader'), flood.admits(50, 'lost', undefined, 6)]).toEqual([
    true,
    true,
    true,
  ]);
  expect([admit(1_000), admit(1_001), admit(1_002)]).toEqual([true, true, false]);
  expect(flood.drain().map(({ message, count }) => [message, count])).toEqual([
    ['lost', 2],
    ['lost', 1],
  ]);
  expect(flood.drain()).toEqual([]);
});

test('kinds without end are let through instead of being kept', () => {
  const flood = createLogFlood({ perSecond: 1 });
  for (let i = 0; i < 1_000; i += 1) flood.admits(30, `kind ${i}`, undefined, 0);
  expect([flood.admits(30, 'one more', undefined, 1), flood.admits(30, 'one more', undefined, 2)]).toEqual([
    true,
    true,
  ]);
  expect(flood.admits(30, 'kind 0', undefined, 3)).toBe(false);
});

test('a logger tells what it left out, in the same words, and never leaves out what is fatal', async () => {
  const lines: Record<string, unknown>[] = [];
  const counts: Record<string, number> = {};
  const logger = createLogger({
    service: 'registry',
    instance: 'registry-1',
    level: 'info',
    floodPerSecond: 3,
    destination: { write: (line) => void lines.push(JSON.parse(line)) },
    count: (what, level) => {
      counts[`${what} ${level}`] = (counts[`${what} ${level}`] ?? 0) + 1;
    },
  });
  const child = logger.child({ agent_id: 'a' });
  for (let i = 0; i < 10; i += 1) (i % 2 ? child : logger).error({ i }, 'the broker is away');
  for (let i = 0; i < 10; i += 1) logger.fatal({ i }, 'the broker is away');
  for (let i = 0; i < 10; i += 1) logger.debug({ i }, 'not even looked at');
  expect(lines.filter(({ level }) => level === 'error')).toMatchObject([{ i: 0 }, { i: 1 }, { i: 2 }]);
  expect(lines.filter(({ level }) => level === 'fatal')).toHaveLength(10);
  await expect
    .poll(() => lines.at(-1), { timeout: 5_000 })
    .toMatchObject({ level: 'error', msg: 'the broker is away', suppressed: 7, service: 'registry' });
  expect(counts).toEqual({ 'written error': 4, 'suppressed error': 7, 'written fatal': 10 });
});
