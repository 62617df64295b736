import { streamCounters, streamHistograms } from '@nova-torch/streams';
import { expect, test } from 'vitest';
import { createMetrics } from '../src/metrics.ts';
import { streamMetrics } from '../src/stream-metrics.ts';

test('every metric of the streams package is there, and streams of one agent share a series', async () => {
  const metrics = createMetrics('registry');
  const streams = streamMetrics(metrics);
  for (const agent of ['agent-0-1', 'agent-0-2']) {
    const stream = `{nova.torch}.agents.direct.${agent}`;
    streams.increment('stream_messages_total', { stream, group: 'inbox', outcome: 'ack' }, 2);
    streams.observe('stream_batch_size', { stream, group: 'inbox' }, 3);
  }
  streams.observe('stream_settle_duration_seconds', { group: 'registry' }, 0.01);
  const text = await metrics.registry.metrics();
  for (const name of [...Object.keys(streamCounters), ...Object.keys(streamHistograms)]) {
    expect(text).toContain(`# TYPE nova_torch_${name} `);
  }
  expect(text).toMatch(
    /nova_torch_stream_messages_total\{stream="\{nova\.torch\}\.agents\.direct\.\*",[^}]*\} 4/,
  );
  expect(text).toMatch(/nova_torch_stream_batch_size_count\{.*\.\*".*\} 2/);
});
