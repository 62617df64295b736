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
