import { expect, test } from 'vitest';
import { createLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import { createServiceMetrics } from './service-metrics.ts';
import { manualClock } from './testing/manual-clock.ts';
import { stressService } from './testing/stress-service.ts';
import { createTicker, type TickerOptions } from './ticker.ts';

function setup(options: Partial<TickerOptions> = {}) {
  const clock = manualClock(0);
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ service: 's', instance: 'i', level: 'debug', destination });
  const startedAt: number[] = [];
  const ticker = createTicker({
    name: 'sweeper',
    everyMs: 100,
    logger,
    clock,
    run: () => void startedAt.push(clock.nowMs()),
    ...options,
  });
  return { clock, lines, startedAt, ticker };
}

test('runs at once and then at every tick, until it is stopped', async () => {
  const { clock, startedAt, ticker } = setup();
  await ticker.start();
  await clock.advance(250);
  await ticker.stop();
  await clock.advance(500);
  expect(startedAt).toEqual([0, 100, 200]);
  expect(clock.pending).toBe(0);
});

test('a run that takes longer than the period skips the ticks it overlapped', async () => {
  const startedAt: number[] = [];
  const gate = Promise.withResolvers<void>();
  const clock = manualClock(0);
  const { ticker } = setup({
    clock,
    run: () => {
      startedAt.push(clock.nowMs());
      return startedAt.length === 1 ? gate.promise : undefined;
    },
  });
  await ticker.start();
  await clock.advance(350);
  expect(startedAt).toEqual([0]);
  gate.resolve();
  await clock.advance(200);
  expect(startedAt).toEqual([0, 400, 500]);
  await ticker.stop();
});

test('stop waits for the run going on', async () => {
  const gate = Promise.withResolvers<void>();
  let done = false;
  const { clock, ticker } = setup({
    run: async () => {
      await gate.promise;
      done = true;
    },
  });
  await ticker.start();
  await clock.advance(0);
  const stopped = ticker.stop();
  expect(done).toBe(false);
  gate.resolve();
  await stopped;
  expect(done).toBe(true);
});

test('a row of errors is logged at its begin and end, all are counted, and the loop goes on', async () => {
  const metrics = createMetrics('s');
  let runs = 0;
  const { clock, lines, ticker } = setup({
    metrics: createServiceMetrics(metrics),
    run: () => {
      runs += 1;
      if (runs <= 2) throw new Error('broken sweep');
      return { removed: runs - 3 };
    },
  });
  await ticker.start();
  await clock.advance(300);
  await ticker.stop();
  expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
    expect.objectContaining({ level: 'error', loop: 'sweeper', msg: 'loop failed' }),
    expect.objectContaining({ level: 'debug', loop: 'sweeper', msg: 'loop failed again', failures: 2 }),
    expect.objectContaining({ level: 'info', loop: 'sweeper', msg: 'loop works again', failures: 2 }),
    expect.objectContaining({ level: 'debug', loop: 'sweeper', msg: 'loop ran', removed: 1 }),
  ]);
  const text = await metrics.registry.metrics();
  expect(text).toContain('nova_torch_loop_runs_total{loop="sweeper",outcome="error",service="s"} 2');
  expect(text).toContain('nova_torch_loop_runs_total{loop="sweeper",outcome="ok",service="s"} 2');
});

test('jitter makes each run late by at most its share of the period', async () => {
  const { clock, startedAt, ticker } = setup({ jitter: 0.5, random: () => 0.5 });
  await ticker.start();
  await clock.advance(300);
  expect(startedAt).toEqual([25, 150, 275]);
  await ticker.stop();
});

test('woken, it runs at once; many calls make one run, and one while running makes one more', async () => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let runs = 0;
  const { clock, ticker } = setup({ run: () => gates[runs++]?.promise });
  ticker.wake();
  await ticker.start();
  gates[0]?.resolve();
  await clock.advance(10);
  ticker.wake();
  ticker.wake();
  await clock.advance(0);
  expect(runs).toBe(2);
  ticker.wake();
  ticker.wake();
  gates[1]?.resolve();
  await clock.advance(0);
  expect(runs).toBe(3);
  gates[2]?.resolve();
  await clock.advance(50);
  expect(runs).toBe(3);
  await ticker.stop();
});

test('withstands every order of start and stop with the real clock', async () => {
  const { ticker } = setup({ clock: (await import('./clock.ts')).systemClock, everyMs: 1 });
  await stressService(ticker);
});
