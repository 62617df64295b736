import { newTraceparent, parseTraceparent, runInContext } from '@nova-torch/tracing';
import { expect, test } from 'vitest';
import { createLogger } from './logger.ts';

function setup() {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ service: 'registry', instance: 'registry-1', level: 'debug', destination });
  const events = (): Record<string, unknown>[] =>
    lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { logger, lines, events };
}

test('one JSON line per event, with level, time, service and instance', () => {
  const { logger, lines, events } = setup();
  logger.info({ count: 2 }, 'swept');
  expect(lines).toHaveLength(1);
  expect(lines[0]?.endsWith('\n')).toBe(true);
  expect(events()[0]).toMatchObject({
    level: 'info',
    service: 'registry',
    instance: 'registry-1',
    count: 2,
    msg: 'swept',
  });
  expect(Date.parse(String(events()[0]?.time))).toBeGreaterThan(0);
});

test('a child binds ids, and the work going on adds those the child does not have', () => {
  const { logger, lines, events } = setup();
  const traceparent = newTraceparent();
  const work = { traceparent, correlation_id: 'c-1', task_id: 'task-1', agent_id: 'agent-1' };
  runInContext(work, () => logger.child({ task_id: 'task-2' }).warn('late'));
  expect(events()[0]).toMatchObject({
    trace_id: parseTraceparent(traceparent)?.traceId,
    correlation_id: 'c-1',
    task_id: 'task-2',
    agent_id: 'agent-1',
  });
  expect(lines[0]?.match(/"task_id"/g)).toHaveLength(1);
});

test('secrets do not reach the log, neither as fields nor in messages nor in errors', () => {
  const { logger, lines } = setup();
  logger.info(
    { admin_key: 'hunter2', nested: { deep: { password: 'hunter2' } } },
    'at redis://u:hunter2@h:1',
  );
  logger.error({ err: new Error('cannot reach redis://:hunter2@h:1') }, 'failed');
  logger.child({ token: 'hunter2' }).info('bound');
  expect(lines).toHaveLength(3);
  expect(lines.join('')).not.toContain('hunter2');
});

test('below its level nothing is written', () => {
  const { logger, lines } = setup();
  logger.trace('too fine');
  expect(lines).toEqual([]);
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
