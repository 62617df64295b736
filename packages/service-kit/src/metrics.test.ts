import { counter, gauge, histogram } from '@nova-torch/metrics';
import { expect, test } from 'vitest';
import { createMetrics, startAtZero } from './metrics.ts';

const TABLE = {
  joined: counter('agents_joined_total', 'Agents that joined.', ['role']),
  agents: gauge('agents', 'Agents.'),
  load: gauge('load', 'Load, by host.', ['host']),
  wait: histogram('wait_seconds', 'Wait.', ['end'], [1, 2]),
} as const;

test('a table becomes metrics under its keys, with their help, type, buckets and the label of the service', async () => {
  const metrics = createMetrics('registry');
  const { joined, agents, wait } = metrics.make(TABLE);
  joined.inc({ role: 'qa' });
  agents.set(7);
  wait.observe({ end: 'ok' }, 1.5);
  const text = await metrics.registry.metrics();
  expect(text).toContain('# HELP nova_torch_agents_joined_total Agents that joined.');
  expect(text).toContain('# TYPE nova_torch_agents_joined_total counter');
  expect(text).toContain('nova_torch_agents_joined_total{role="qa",service="registry"} 1');
  expect(text).toContain('nova_torch_agents{service="registry"} 7');
  expect(text).toContain('nova_torch_wait_seconds_bucket{le="2",service="registry",end="ok"} 1');
});

test('a table is made once per process', () => {
  const metrics = createMetrics('registry');
  metrics.make(TABLE);
  expect(() => metrics.make(TABLE)).toThrow('nova_torch_agents_joined_total');
});

test('a gauge reads its value when the metrics are read, and is left out while there is none', async () => {
  const metrics = createMetrics('registry');
  const { agents } = metrics.make(TABLE);
  const values: (number | undefined)[] = [3, undefined, 4];
  metrics.measure(agents, async () => {
    if (values.length === 0) throw new Error('gone');
    return values.shift();
  });
  const line = async () => /^nova_torch_agents\{.*$/m.exec(await metrics.registry.metrics())?.[0];
  expect(await line()).toBe('nova_torch_agents{service="registry"} 3');
  expect(await line()).toBeUndefined();
  expect(await line()).toBe('nova_torch_agents{service="registry"} 4');
  expect(await line()).toBeUndefined();
});

test('a series that is not read any more is gone, and all of them if they cannot be read', async () => {
  const metrics = createMetrics('registry');
  const { load } = metrics.make(TABLE);
  const hosts = [['a', 'b'], ['b'], undefined];
  metrics.measureEach(load, () => {
    const now = hosts.shift();
    if (now === undefined) throw new Error('gone');
    return now.map((host) => [{ host }, 1] as const);
  });
  const shown = async () =>
    [...(await metrics.registry.metrics()).matchAll(/host="(\w)"/g)].map(([, h]) => h);
  expect(await shown()).toEqual(['a', 'b']);
  expect(await shown()).toEqual(['b']);
  expect(await shown()).toEqual([]);
});

test('series known beforehand start at zero', async () => {
  const metrics = createMetrics('registry');
  const { joined, wait } = metrics.make(TABLE);
  startAtZero(joined, [{ role: 'qa' }, { role: 'pm' }]);
  startAtZero(wait, [{ end: 'ok' }]);
  const text = await metrics.registry.metrics();
  expect(text).toContain('nova_torch_agents_joined_total{role="pm",service="registry"} 0');
  expect(text).toContain('nova_torch_wait_seconds_count{service="registry",end="ok"} 0');
});

test('switched off, the same calls count nothing', async () => {
  const metrics = createMetrics('registry', { enabled: false });
  const { joined, agents, wait } = metrics.make(TABLE);
  joined.inc({ role: 'qa' });
  agents.set(7);
  wait.startTimer({ end: 'ok' })();
  startAtZero(joined, [{ role: 'pm' }]);
  const text = await metrics.registry.metrics();
  expect(text).not.toMatch(/^nova_torch_(?!agents\{service="registry"\} 0)/m);
  expect(text).not.toContain('process_cpu');
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
