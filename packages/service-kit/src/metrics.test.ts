import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';

test('names get the prefix, and the text has help, type and the label of the service', async () => {
  const metrics = createMetrics('registry');
  metrics
    .counter({ name: 'agents_joined_total', help: 'Agents that joined.', labelNames: ['role'] })
    .inc({ role: 'qa' });
  metrics.gauge({
    name: 'agents',
    help: 'Agents.',
    collect: function collect() {
      this.set(7);
    },
  });
  metrics.histogram({ name: 'wait_seconds', help: 'Wait.', buckets: [1, 2] }).observe(1.5);
  const text = await metrics.registry.metrics();
  expect(text).toContain('# TYPE nova_torch_agents_joined_total counter');
  expect(text).toContain('nova_torch_agents_joined_total{role="qa",service="registry"} 1');
  expect(text).toContain('nova_torch_agents{service="registry"} 7');
  expect(text).toContain('nova_torch_wait_seconds_bucket{le="2",service="registry"} 1');
});

test('event loop lag, memory and garbage collection are there under their customary names', async () => {
  const text = await createMetrics('registry').registry.metrics();
  for (const name of [
    'nodejs_eventloop_lag_p99_seconds',
    'process_resident_memory_bytes',
    'nodejs_gc_duration_seconds',
  ]) {
    expect(text).toContain(`# TYPE ${name} `);
  }
});

test('names against the conventions are refused', () => {
  const metrics = createMetrics('registry');
  expect(() => metrics.counter({ name: 'joined', help: 'x' })).toThrow('_total');
  expect(() => metrics.gauge({ name: 'Agents-Up', help: 'x' })).toThrow('snake case');
});

test('a name that has the prefix already gets no second one', () => {
  const metrics = createMetrics('registry');
  metrics.gauge({ name: 'nova_torch_up', help: 'x' });
  expect(metrics.registry.getSingleMetric('nova_torch_up')).toBeDefined();
});
