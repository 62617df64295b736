import { STREAM_METRICS } from '@nova-torch/metrics';
import { expect, test } from 'vitest';
import { createMetrics } from '../src/metrics.ts';
import { streamMetrics } from '../src/stream-metrics.ts';

test('every metric of the table is there, and streams of one agent share a series', async () => {
  const metrics = createMetrics('registry');
  const streams = streamMetrics(metrics);
  for (const agent of ['agent-0-1', 'agent-0-2']) {
    const stream = `{nova.torch}.agents.direct.${agent}`;
    streams.increment('messages', { stream, group: 'inbox', outcome: 'ack' }, 2);
    streams.observe('batchSize', { stream, group: 'inbox' }, 3);
  }
  streams.observe('settleDuration', { group: 'registry' }, 0.01);
  const text = await metrics.registry.metrics();
  for (const { name } of Object.values(STREAM_METRICS)) expect(text).toContain(`# TYPE ${name} `);
  expect(text).toMatch(
    /nova_torch_stream_messages_total\{stream="\{nova\.torch\}\.agents\.direct\.\*",[^}]*\} 4/,
  );
  expect(text).toMatch(/nova_torch_stream_batch_size_count\{.*\.\*".*\} 2/);
});
