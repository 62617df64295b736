import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, startTestBroker, type TestBroker } from '@nova-torch/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { assembleService } from '../src/assemble-service.ts';
import { baseEnv, loadEnv } from '../src/env.ts';
import { MessagingFileError } from '../src/messaging-file.ts';
import { openServiceBase } from '../src/service-base.ts';
import { streamUpkeep } from '../src/stream-upkeep.ts';

let server: TestBroker;
let directory: string;
beforeAll(async () => {
  server = await startTestBroker();
  directory = mkdtempSync(join(tmpdir(), 'nova-torch-messaging-'));
});
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  await server.stop();
});

function openBase(policy: string) {
  const file = join(directory, 'messaging.yaml');
  writeFileSync(file, policy);
  const env = loadEnv(z.object(baseEnv), {
    ...{ NOVA_BROKER_URL: server.url, NOVA_LOG_LEVEL: 'silent', NOVA_TRIM_EVERY_MS: '100' },
    NOVA_MESSAGING_FILE: file,
  });
  return openServiceBase(env, 'registry');
}

test('a service takes the policy of its streams from the file', async () => {
  const base = await openBase(`
work: { batch: 32 }
streams:
  registry: { max_deliveries: 2, backoff: { initial_s: 1 } }
  registry.events: { retention: { max_entries: 12 } }
`);
  expect(base.declare('registry')).toEqual({
    ...{ key: '{nova.torch}.registry', kind: 'work', groups: ['registry'] },
    ...{ maxDeliveries: 2, batch: 32, concurrency: 1 },
    backoff: { baseMs: 1000, factor: 2, maxMs: 30_000 },
    deadLetters: { maxLen: 100_000, maxAgeMs: 30 * 86_400_000 },
  });
  expect(base.declare('registryEvents')).toMatchObject({ maxLen: 12, maxAgeMs: 900_000 });
  await base.close();
});

test('dead letters beyond their retention go, those of inboxes too, and feeds keep what they are told', async () => {
  const base = await openBase(`
streams:
  registry: { dead_letters: { max_entries: 2 } }
  agents.direct: { dead_letters: { max_age_s: 60 } }
  registry.events: { retention: { max_entries: 3 } }
`);
  const { broker } = base;
  const nowMs = broker.serverNowMs();
  const lengthOf = (name: string) => broker.call('XLEN', `{nova.torch}.${name}`);
  for (const ageMs of [90_000, 80_000, 10_000, 5_000, 4_000]) {
    for (const name of ['registry.dlq', 'agents.direct.dlq', 'registry.events']) {
      await broker.call('XADD', `{nova.torch}.${name}`, `${nowMs - ageMs}-1`, 'm', '{}');
    }
  }
  const parts = streamUpkeep(base, { work: ['registry'], feeds: ['registryEvents'] });
  const app = assembleService(base, { parts });
  await app.start();
  await eventually(async () => {
    const names = ['registry.dlq', 'agents.direct.dlq', 'registry.events'];
    expect(await Promise.all(names.map(lengthOf))).toEqual([2, 3, 3]);
  });
  const metrics = await (await fetch(`${app.address()}/metrics`)).text();
  const dropped = (stream: string, why: string) =>
    `nova_torch_stream_dead_letters_dropped_total{stream="{nova.torch}.${stream}",why="${why}",service="registry"}`;
  expect(metrics).toContain(`${dropped('registry', 'number')} 3`);
  expect(metrics).toContain(`${dropped('agents.direct', 'age')} 2`);
  await app.stop();
});

test('a service that is given a file with a mistake does not start', async () => {
  await expect(openBase('work: { batch: 0 }')).rejects.toThrow(MessagingFileError);
});
