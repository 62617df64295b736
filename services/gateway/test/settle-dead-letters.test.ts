// Giving dead letters back: which of them a command that names no time means.
import { codec, UPKEEP_STREAMS } from '@nova-torch/protocol';
import { asEntries, asTimeMs, FIELD } from '@nova-torch/streams';
import { eventually } from '@nova-torch/testing';
import { expect, test, vi } from 'vitest';
import type { TestGateway } from './support/gateway.ts';
import { type OtherServices, streams } from './support/other-services.ts';
import { useGateway } from './support/use-gateway.ts';

let gateway: TestGateway;
let others: OtherServices;

useGateway((rig) => {
  ({ gateway, others } = rig);
});

test('what is put back is all that was given up by then, by the broker’s clock, not by a guess of it', async () => {
  const realNow = Date.now.bind(Date);
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => realNow() - 5_000);
  try {
    const nowMs = asTimeMs(await others.broker.call('TIME'));
    const answer = gateway.call('POST', '/v1/dead-letters/replay', {
      body: { filter: { stream: 'tasks.queue' } },
    });
    const asked = await eventually(async () => {
      const upkeep = streams[UPKEEP_STREAMS['task-router']];
      const [entry] = asEntries(await others.broker.call('XREVRANGE', upkeep, '+', '-', 'COUNT', 1));
      return (entry && codec.decode(entry.fields[FIELD.message] ?? '')) ?? false;
    });
    expect(asked).toMatchObject({ ok: true, message: { type: 'dead-letter.replay.v1' } });
    const { filter } = (asked as unknown as { message: { payload: { filter: { until_ms: number } } } })
      .message.payload;
    expect(filter.until_ms).toBeGreaterThan(nowMs);
    clock.mockRestore();
    expect((await answer).status).toBe(503);
  } finally {
    clock.mockRestore();
  }
});
