// What the spans of a batch of messages say when its handling fails.
import { newTraceparent, startTracing } from '@nova-torch/service-kit';
import { startOtlpReceiver } from '@nova-torch/testing';
import { expect, test } from 'vitest';
import { MessageSpans } from '../src/active/task-spans.ts';

test('they fail with the batch, and are fine with it', async () => {
  const collector = await startOtlpReceiver();
  const tracing = await startTracing({
    ...{ service: 'task-router', instance: 'task-router-1', endpoint: collector.endpoint, ratio: 1 },
  });
  const batch = (id: string) => [
    {
      stream: '{nova.torch}.tasks.reports',
      message: { id, type: 'report.completed.v1', sender: 'a', payload: {}, traceparent: newTraceparent() },
    },
  ];
  await new MessageSpans(tracing, batch('well')).during(Promise.resolve());
  const failing = new MessageSpans(tracing, batch('badly')).during(
    Promise.reject(new Error('the broker left')),
  );
  await expect(failing).rejects.toThrow('the broker left');
  await tracing.stop();
  expect(collector.spans.map(({ status }) => status?.message)).toEqual([undefined, 'the broker left']);
  await collector.stop();
});
