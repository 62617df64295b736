import type { SpanExporter } from '@opentelemetry/sdk-trace-node';
import { expect, test } from 'vitest';
import { breakingExporter } from './breaking-exporter.ts';

test('spares a collector that fails, and finds out when it is back', async () => {
  let sent = 0;
  let works = false;
  const collector: SpanExporter = {
    export(_, done) {
      sent += 1;
      done(works ? { code: 0 } : { code: 1, error: new Error('503') });
    },
    shutdown: async () => undefined,
  };
  const { exporter, state } = breakingExporter(collector, {
    breakAfter: 2,
    tryAfterMs: 1_000,
    tryAfterMsMax: 1_000,
  });
  const send = () => new Promise<number>((resolve) => exporter.export([], ({ code }) => resolve(code)));
  expect([await send(), await send(), state()]).toEqual([1, 1, 'open']);
  expect([await send(), await send(), sent]).toEqual([1, 1, 2]);
  works = true;
  await expect.poll(send, { interval: 50, timeout: 10_000 }).toBe(0);
  expect([state(), sent]).toEqual(['closed', 3]);
  await exporter.forceFlush?.();
  await exporter.shutdown();
});
